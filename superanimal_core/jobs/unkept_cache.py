"""A dry run in a study that cannot be written: somebody else's, an archive, a full disk."""

from contextlib import suppress
from functools import wraps
from typing import Any


def need_no_cache(persistence: Any) -> None:
    """Mend Snakemake's persistence: what a dry run keeps for the next one may stay unwritten.

    It is read only by who asks for it (--trust-io-cache). AttributeError where there is no such
    method.
    """
    keep = persistence.save_iocache

    @wraps(keep)
    def keep_if_possible(self: Any) -> None:
        with suppress(OSError):
            keep(self)

    persistence.save_iocache = keep_if_possible
