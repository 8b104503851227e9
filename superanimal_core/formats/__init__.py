"""Other people's files, both directions."""
