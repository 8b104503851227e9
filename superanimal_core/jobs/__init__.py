"""Layer 3: what happens around one job."""
