"""Our own tables, both directions."""
