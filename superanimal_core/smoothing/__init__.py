"""From an ensemble's predictions to one smooth pose with its uncertainty."""
