"""Layer 0: what the words mean. numpy at most, never torch, never a file."""
