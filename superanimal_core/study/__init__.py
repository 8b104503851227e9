"""What the user asked for, and which file needs which."""
