"""What all tests share: shapes and types of every function are checked, and nothing is timed."""

import os

from hypothesis import settings
from jaxtyping import install_import_hook

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before anybody imports torch
install_import_hook("superanimal_core", "typechecker.checked")
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
