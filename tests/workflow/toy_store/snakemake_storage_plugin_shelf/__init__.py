"""The smallest storage plugin of Snakemake: `shelf://name` is the file $SHELF/name, to be copied.

Each copy is noted in $SHELF/fetched.txt.
"""

import os
import shutil
from pathlib import Path

from snakemake_interface_storage_plugins.storage_object import StorageObjectRead
from snakemake_interface_storage_plugins.storage_provider import (
    StorageProviderBase,
    StorageQueryValidationResult,
)

SCHEME = "shelf://"


class StorageProvider(StorageProviderBase):
    """All objects of the shelf."""

    @classmethod
    def example_queries(cls):
        return []

    @classmethod
    def is_valid_query(cls, query):
        return StorageQueryValidationResult(query, query.startswith(SCHEME), "another scheme")

    def use_rate_limiter(self):
        return False

    def rate_limiter_key(self, query, operation):
        return None

    def default_max_requests_per_second(self):
        return 1.0


class StorageObject(StorageObjectRead):
    """One file of the shelf."""

    @property
    def file(self):
        return Path(os.environ["SHELF"]) / self.local_suffix()

    def local_suffix(self):
        return self.query.removeprefix(SCHEME)

    async def inventory(self, cache):
        pass

    def get_inventory_parent(self):
        return None

    def cleanup(self):
        pass

    def exists(self):
        return self.file.exists()

    def mtime(self):
        return self.file.stat().st_mtime

    def size(self):
        return self.file.stat().st_size

    def retrieve_object(self):
        with (self.file.parent / "fetched.txt").open("a") as fetched:
            fetched.write(f"{self.local_suffix()}\n")
        shutil.copy2(self.file, self.local_path())
