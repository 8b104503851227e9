"""Write to a temporary name, then rename: a killed job leaves no half-written file."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A temporary path beside `path`; renamed to it when the block ends well, removed otherwise.

    The name is unique, so that two writers (a job that outlived its killed main process and its
    second start) cannot harm each other. Works for files and for folders. The suffix is kept.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{uuid.uuid4().hex}{path.suffix}")
    try:
        yield temporary
        if temporary.is_dir() and path.is_dir():  # only an empty folder can be replaced
            old = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
            os.replace(path, old)
            os.replace(temporary, path)
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.replace(temporary, path)
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)
