"""Texts, YAML and JSON, with the file named in every mistake.

The Snakefile imports this: no pandas, no pyarrow.
"""

import codecs
import glob
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from superanimal_core.errors import DatasetError
from superanimal_core.pose.keypoints import KeypointSpace, did_you_mean, extend_space

MAX_BYTES = 2**29
OF_SPREADSHEETS = (".tsv", ".txt")
OF_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # how .xlsx and .ods, and .xls begin
SPACE_KEYS = ("name", "extends", "keypoints", "mirror_pairs", "bones", "oks_sigmas")


def read_text(path: str | Path, where: str | None = None) -> str:
    """A document in UTF-8, or in UTF-16 as its byte order mark or its first letter says.

    Without that mark. DatasetError when it is none, or too big.
    """
    where, path = where or str(path), Path(path)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise DatasetError(f"{where}: {size >> 20} MiB; at most {MAX_BYTES >> 20} are read")
        content = path.read_bytes()
        if content.startswith(WORKBOOKS):
            raise DatasetError(
                f"{where}: is a spreadsheet's workbook; save it from there as text, tab-separated"
            )
        return _decoded(content)
    except UnicodeDecodeError as mistake:
        raise DatasetError(
            f"{where}: {_why_no_text(path, mistake.object, mistake.start)}"
        ) from None
    except OSError as mistake:
        hint = f"; {_namesakes(path)}" if isinstance(mistake, FileNotFoundError) else ""
        raise DatasetError(
            f"{where}: cannot be read ({mistake.strerror}){hint.rstrip('; ')}"
        ) from None


def _why_no_text(path: Path, content: bytes, at: int) -> str:
    """From which line on a document cannot be decoded, and what to do."""
    before = content[:at].splitlines()
    line = content.count(b"\n", 0, at) + 1
    last = before[-1].decode("utf-8", "replace")[-20:] if before and content[at - 1] != 10 else ""
    place = f"line {line}, after '{last}'" if last else f"line {line}"
    excel = ", from Excel as Unicode text" if path.suffix.lower() in OF_SPREADSHEETS else ""
    return f"{place}: not UTF-8; save it as UTF-8{excel}"


def _namesakes(path: Path) -> str:
    """The files that have the name of one that is not there, but for what is behind its dot."""
    stem = path.name.partition(".")[0]
    found = sorted(each.name for each in path.parent.glob(f"{glob.escape(stem)}.*"))
    book = next((name for name in found if name.lower().endswith(OF_WORKBOOKS)), None)
    if book and path.suffix in OF_SPREADSHEETS:
        return f"there is {book}; save it from there as text, tab-separated, as {path.name}"
    return f"there is {', '.join(found[:3])}; must it be called {path.name}?" if found else ""


def _decoded(content: bytes) -> str:
    if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return content.decode("utf-16")
    zeros = [byte == 0 for byte in content[:4]]  # a first letter of ASCII has one (RFC 4627, 3)
    if zeros in ([False, True, False, True], [True, False, True, False]):
        return content.decode("utf-16-be" if zeros[0] else "utf-16-le")
    return content.decode("utf-8-sig")


def read_json(path: str | Path, where: str | None = None) -> Any:
    """A parsed JSON document. DatasetError with line and column of what is wrong."""
    where = where or str(path)
    text = read_text(path, where)
    try:
        return json.loads(text)
    except json.JSONDecodeError as mistake:
        raise DatasetError(
            f"{where}: line {mistake.lineno}, column {mistake.colno}: {mistake.msg}; "
            "is the file complete?"
        ) from None
    except (ValueError, RecursionError) as mistake:
        raise DatasetError(f"{where}: not a usable JSON document ({mistake})") from None


def read_yaml(path: str | Path) -> Any:
    """A parsed YAML document (plain types only). DatasetError with line and column.

    A key that stands twice in a mapping is an error: the first would be lost without a word.
    """
    text = read_text(path)
    try:
        repeated = list(_repeated_keys(yaml.compose(text, Loader=yaml.SafeLoader)))
        if repeated:
            key, lines = repeated[0]
            raise DatasetError(
                f"{path}: line {lines[1]}: '{key}' stands twice, in line {lines[0]}, too; keep one"
            )
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as mistake:
        mark = mistake.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise DatasetError(f"{path}: {place}{mistake.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, OverflowError) as mistake:
        raise DatasetError(f"{path}: not a usable YAML document ({mistake})") from None


def _repeated_keys(node: yaml.Node | None, above: str = "") -> Iterator[tuple[str, list[int]]]:
    """Key path and the two lines of every key that stands twice in one mapping."""
    if isinstance(node, yaml.MappingNode):
        first: dict[str, int] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in first and name != "<<":
                yield above + name, [first[name], line]
            first.setdefault(name, line)
            yield from _repeated_keys(value, f"{above}{name}.")
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _repeated_keys(value, above)


def read_keypoint_space(path: str | Path, *bases: str | Path) -> KeypointSpace:
    """A keypoint space from config/keypoints/<space>.yaml. DatasetError names file and key.

    One that `extends` another has that one's keypoints, pairs and bones first. The other's file is
    the first of `bases`, or lies beside it; what that one extends in turn is the next of them.
    """
    document = _space_document(path)
    name, keypoints = document.get("name"), document.get("keypoints")
    if not isinstance(name, str) or name != Path(path).stem:
        raise DatasetError(f"{path}: name is {name!r}; it must be the file's own name")
    if not isinstance(keypoints, list) or not all(map(_is_name, keypoints)):
        raise DatasetError(
            f"{path}: keypoints must be a list of names, printable and without blanks at their "
            f"ends; read {keypoints!r}"
        )
    if not keypoints and document.get("extends") is None:
        raise DatasetError(f"{path}: keypoints must be a list of names; it is empty")
    sigmas = document.get("oks_sigmas") or []
    is_number = isinstance(sigmas, list) and all(
        isinstance(s, int | float) and 0 < s < 10 for s in sigmas
    )
    if not is_number:
        raise DatasetError(f"{path}: oks_sigmas must be a list of positive numbers")
    pairs = {key: _pairs(document, key, path) for key in ("mirror_pairs", "bones")}
    own = {"oks_sigmas": tuple(map(float, sigmas)), **pairs}
    extended = _extended(document, path)
    try:
        if extended is None:
            return KeypointSpace(name, tuple(keypoints), **own)
        if extended == name:
            raise DatasetError("it extends itself")
        base, *others = bases or (Path(path).with_name(f"{extended}.yaml"),)
        return extend_space(read_keypoint_space(base, *others), name, tuple(keypoints), **own)
    except DatasetError as mistake:
        raise DatasetError(f"{path}: {mistake}") from None


def _is_name(keypoint: Any) -> bool:
    """Whether it can be told from others in tables, sheets and pictures."""
    is_text = isinstance(keypoint, str) and keypoint.isprintable()
    return is_text and keypoint.strip() == keypoint != ""


def extended_space(path: str | Path) -> str | None:
    """The name of the space that a space's file extends, if it does. DatasetError as above."""
    return _extended(_space_document(path), path)


def _extended(document: Mapping[str, Any], path: str | Path) -> str | None:
    extended = document.get("extends")
    if extended is not None and not isinstance(extended, str):
        raise DatasetError(f"{path}: extends is {extended!r}; it must be the name of one space")
    return extended


def _space_document(path: str | Path) -> dict[str, Any]:
    document = read_yaml(path)
    if not isinstance(document, dict):
        raise DatasetError(f"{path}: expected the keys {', '.join(SPACE_KEYS)}")
    for key in document:
        if key not in SPACE_KEYS:
            raise DatasetError(f"{path}: unknown key '{key}'{did_you_mean(str(key), SPACE_KEYS)}")
    return document


def _pairs(document: Mapping[str, Any], key: str, path: str | Path) -> tuple[tuple[str, str], ...]:
    pairs = document.get(key) or []
    good = isinstance(pairs, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(k, str) for k in pair)
        for pair in pairs
    )
    if not good:
        raise DatasetError(f"{path}: {key} must be a list of pairs [name, name]")
    return tuple((first, second) for first, second in pairs)
