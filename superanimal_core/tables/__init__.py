"""Layer 3: our own tables, both directions."""
