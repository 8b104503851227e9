"""Layer 3: pictures and videos."""
