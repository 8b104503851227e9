"""Layer 3: other people's files, both directions."""
