"""Model folders, ours and other people's weights."""
