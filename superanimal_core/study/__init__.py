"""Layer 3: what the user asked for, and which file needs which."""
