"""How long something takes, in words."""


def told_time(seconds: float) -> str:
    """Seconds, minutes, hours or days, in two or three digits."""
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.2g} s"
