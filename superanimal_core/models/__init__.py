"""Layer 3: model folders, ours and other people's weights."""
