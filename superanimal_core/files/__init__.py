"""Layer 3: the outside world. Opens files; only scripts, tests and the command line import it."""
