"""HDF5 files without surprises: plain arrays only, size-limited, links stay inside, no pickles.

pandas writes a table in one of two layouts (checked with pandas 0.2x to 3 and PyTables):

* `fixed`: `block0_values` holds the numbers, `axis0_level<i>` / `axis0_label<i>` the column names
  (the labels index into the levels; for the index of rows `axis1…` likewise, or one plain array);
* `table`: one struct array with `index` and `values_block_0`; the column names stand in the
  attribute `non_index_axes`, which PyTables writes as a pickle.

`pandas.read_hdf` unpickles whatever it finds. Here nothing is unpickled (see `hdf_literals`).
"""

import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from h5py import h5o  # pyright: ignore[reportAttributeAccessIssue]
from numpy import ndarray

from superanimal_core.datasets.headed_table import HeadedTable
from superanimal_core.errors import DatasetError
from superanimal_core.formats.hdf_heaps import refuse_broken_heaps
from superanimal_core.formats.hdf_literals import literal

PANDAS_TABLES = ("frame", "frame_table")  # of pandas' own attribute `pandas_type`
MAX_BYTES = 2**29
MOST_COMPRESSION = 1100  # deflate cannot do better than 1032 to 1
MOST_MEMORY_BYTES = 2**30
MOST_NODES = 1_000_000


def read_hdf_table(path: Path, where: str) -> HeadedTable:
    """The DeepLabCut-style table in a .h5 file, in either layout of pandas, whatever its key.

    DeepLabCut says `df_with_missing`, its labeling tool `keypoints`. DatasetError when the file
    holds no table of pandas, or several.
    """
    with opened_hdf(path, where) as file:
        keys = [name for name, node in _plain_nodes(file, where) if _is_table(node)]
        if len(keys) != 1:
            found = f"the tables {', '.join(keys[:6])}" if keys else "no table of pandas"
            raise DatasetError(
                f"{where}: holds {found}; expected one table, as DeepLabCut writes it"
                + ("; keep one of them" if keys else "")
            )
        group = _get(file, keys[0], where)
        kind = _text(group.attrs.get("pandas_type", b""))
        parts = _fixed(group, where) if kind == "frame" else _table(group, where, kind)
    columns, index, values = parts
    levels = ("scorer", "individuals", "bodyparts", "coords")
    levels = levels if columns and len(columns[0]) == 4 else ("scorer", "bodyparts", "coords")
    return HeadedTable(where, levels, tuple(columns), tuple(index), values)


def read_arrays(path: Path, wanted: Sequence[str], where: str) -> Mapping[str, ndarray]:
    """The wanted datasets (`group/name`) and attributes (`group@name`) that the file has."""
    found: dict[str, ndarray] = {}
    with opened_hdf(path, where) as file:
        for name in wanted:
            place, _, attribute = name.partition("@")
            node = _get(file, place, where) if place else file
            if node is None:
                continue
            if attribute:
                if attribute in node.attrs:
                    found[name] = _attribute(node, attribute, where)
            else:
                found[name] = _array(node, where)
    return found


def array_names(path: Path, where: str) -> list[str]:
    """Names of all arrays in an HDF5 file, sorted; links are not followed.

    DatasetError when there are more than `MOST_NODES`.
    """
    with opened_hdf(path, where) as file:
        nodes = _plain_nodes(file, where)
        return sorted(name for name, node in nodes if isinstance(node, h5py.Dataset))


def _plain_nodes(file: h5py.File, where: str) -> Iterator[tuple[str, Any]]:
    """(name, array or group) of everything in a file; links are not followed."""
    seen: set[int] = set()
    pending: list[tuple[str, Any]] = [("", file)]
    count = 0
    while pending:
        above, group = pending.pop()
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                continue
            node = group[name]
            address = h5o.get_info(node.id).addr
            is_new = isinstance(node, h5py.Group) and address not in seen
            if is_new or isinstance(node, h5py.Dataset):
                yield f"{above}{name}", node
            if is_new:
                pending.append((f"{above}{name}/", node))
            seen.add(address)
            count += 1
            if count > MOST_NODES:
                raise DatasetError(f"{where}: more than {MOST_NODES} arrays; refused")


def _is_table(node: Any) -> bool:
    """Whether a group is a table that pandas wrote."""
    kind = node.attrs.get("pandas_type", b"") if isinstance(node, h5py.Group) else b""
    return _text(kind) in PANDAS_TABLES


def plain_node(file: h5py.File, name: str, where: str) -> h5py.Dataset | None:
    """A dataset whose content lies in the file itself, to be read in parts; None when absent."""
    node = _get(file, name, where)
    if node is not None:
        _refuse_elsewhere(node, where)
    return node


_BROKEN = (
    OSError,
    RuntimeError,
    LookupError,
    ValueError,
    TypeError,
    MemoryError,
    ArithmeticError,
    AttributeError,
)  # what h5py and numpy say about files that are not what they claim to be


@contextmanager
def opened_hdf(path: Path, where: str) -> Iterator[h5py.File]:
    """An HDF5 file open for reading; what h5py says about a broken one becomes a DatasetError."""
    try:
        refuse_broken_heaps(path, where)
        with _memory_limit(MOST_MEMORY_BYTES), h5py.File(path, "r") as file:
            yield file
    except _BROKEN as mistake:
        reason = f"{type(mistake).__name__}: {str(mistake)[:200]}"
        raise DatasetError(f"{where}: not a readable HDF5 file ({reason})") from mistake


@contextmanager
def _memory_limit(more_bytes: int) -> Iterator[None]:
    """On Linux, let the process grow by so much and no further while a file is open.

    libhdf5 follows what a damaged file says about itself; some of it makes the library allocate
    until nothing is left, before any check of ours could run.
    """
    if sys.platform != "linux":
        yield
        return
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + more_bytes
    known = [bound for bound in (soft, hard, limit) if bound != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(known), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _get(file: Any, name: str, where: str) -> Any:
    """A node by its path, None when absent. DatasetError for links that leave the file."""
    node = file
    for part in name.split("/"):
        if not isinstance(node, h5py.Group) or part not in node:
            return None
        if not isinstance(node.get(part, getlink=True), h5py.HardLink):
            raise DatasetError(f"{where}: '{name}' is a link to somewhere else; refused")
        node = node[part]
    return node


def _array(node: Any, where: str) -> ndarray:
    """A dataset in memory. DatasetError unless it is plain, inside the file, and not too big."""
    _refuse_elsewhere(node, where)
    if h5py.check_string_dtype(node.dtype) is not None and node.dtype.hasobject:
        _refuse_bomb(np.prod(node.shape, dtype=float) * 8, node, where)
        return np.asarray(node.asstr("utf-8", "replace")[()], dtype=str)
    if node.dtype.kind not in "biufSUV" or node.dtype.hasobject:
        raise DatasetError(
            f"{where}: '{node.name}' holds Python objects (pickled); refused. Save the table "
            "again with string names, or give the .csv"
        )
    size = max(np.prod(node.shape, dtype=float), np.prod(node.chunks or (0,), dtype=float))
    _refuse_bomb(size * node.dtype.itemsize, node, where)
    return np.asarray(node[()])


def _refuse_elsewhere(node: Any, where: str) -> None:
    """DatasetError unless it is a dataset whose content lies in this file."""
    if not isinstance(node, h5py.Dataset):
        raise DatasetError(f"{where}: '{getattr(node, 'name', node)}' is no array")
    if node.external or node.is_virtual:
        raise DatasetError(f"{where}: '{node.name}' keeps its numbers in another file; refused")


def _attribute(node: Any, name: str, where: str) -> ndarray:
    """An attribute in memory, under the same limits as an array."""
    about = node.attrs.get_id(name)
    _refuse_bomb(np.prod(about.shape, dtype=float) * about.dtype.itemsize, node, where)
    return np.asarray(node.attrs[name])


def _refuse_bomb(size_bytes: float, node: Any, where: str) -> None:
    """DatasetError when something is larger than allowed, or than its file can hold compressed."""
    in_file = 2**20 + MOST_COMPRESSION * float(node.file.id.get_filesize())
    if size_bytes > min(MAX_BYTES, in_file):
        raise DatasetError(f"{where}: '{node.name}' claims {size_bytes / 2**20:.0f} MiB; refused")


Parts = tuple[list[tuple[str, ...]], list[tuple[str, ...]], ndarray]


def _fixed(group: h5py.Group, where: str) -> Parts:
    """Fixed layout: one block of values per number type, columns in the order of axis0."""
    columns = _axis(group, "axis0", where)
    index = _axis(group, "axis1", where)
    place = {column: i for i, column in enumerate(columns)}
    values = np.full((len(index), len(columns)), np.nan)
    blocks = [n for n in map(str, group) if n.startswith("block") and n.endswith("_values")]
    for block in blocks:
        items = _axis(group, block.replace("_values", "_items"), where)
        numbers = _array(_get(group, block, where), where).reshape(len(index), len(items))
        values[:, [place[item] for item in items]] = numbers
    return columns, index, values


def _axis(group: h5py.Group, name: str, where: str) -> list[tuple[str, ...]]:
    """The entries of one axis as tuples of strings."""
    if _text(group.attrs.get(f"{name}_variety", b"regular")) != "multi":
        return [(_text(entry),) for entry in _array(_get(group, name, where), where)]
    levels = int(_text(group.attrs[f"{name}_nlevels"]))
    if not 1 <= levels <= 4:
        raise DatasetError(f"{where}: {levels} header levels; expected 3 or 4")
    parts = []
    for level in range(levels):
        names = _array(_get(group, f"{name}_level{level}", where), where)
        labels = _array(_get(group, f"{name}_label{level}", where), where)
        if labels.size and (labels.min() < 0 or labels.max() >= len(names)):
            raise DatasetError(f"{where}: '{name}_label{level}' points beyond its names")
        parts.append([_text(names[i]) for i in labels])
    return list(zip(*parts, strict=True))


def _table(group: h5py.Group, where: str, kind: str) -> Parts:
    if kind != "frame_table":
        raise DatasetError(f"{where}: '{group.name}' is no table of pandas ({kind or 'no type'})")
    rows = _array(_get(group, "table", where), where)
    names = rows.dtype.names or ()
    blocks = [name for name in names if name.startswith("values_block_")]
    if len(blocks) != 1:
        raise DatasetError(f"{where}: the table mixes numbers and other columns; give the .csv")
    axes = literal(group.attrs.get("non_index_axes"), f"{where}: 'non_index_axes'")
    try:
        columns = [tuple(str(part) for part in column) for column in axes[0][1]]
    except (TypeError, IndexError, KeyError):
        raise DatasetError(f"{where}: the column names cannot be read; give the .csv") from None
    values = np.asarray(rows[blocks[0]], dtype=np.float64)
    index = [(_text(name),) for name in rows["index"]]  # several index levels: only in `fixed`
    return columns, index, values.reshape(len(index), len(columns))


def _text(value: Any) -> str:
    """Fixed-length bytes or a number as text."""
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, h5py.Empty):
        return ""
    if isinstance(value, np.ndarray):
        return _text(value.item()) if value.size == 1 else ""
    return str(value)
