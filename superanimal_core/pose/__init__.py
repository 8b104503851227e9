"""What the words mean. numpy at most, never torch, never a file."""
