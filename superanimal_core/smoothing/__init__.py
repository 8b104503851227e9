"""Layer 1: from an ensemble's predictions to one smooth pose with its uncertainty."""
