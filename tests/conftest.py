"""What all tests share: shapes and types of every function are checked, and nothing is timed."""

import os

import jaxtyping
import typechecker
from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before anybody imports torch
jaxtyping.jaxtyped = typechecker.jaxtyped  # which the hook puts before every function
jaxtyping.install_import_hook("superanimal_core", "typechecker.checked")
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_runtest_setup() -> None:
    typechecker.another_test()
