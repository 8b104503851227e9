"""Which code made a table: a digest over a script or module and the package modules it imports.

Snakemake re-runs a rule when the date of its script changes, and never when an imported function
does. The rules therefore put a digest into their params, and the default profile leaves out the
trigger `code`: neither a fresh clone nor a touched script changes anything. The digest is taken
from the syntax tree, so that comments, docstrings, layout and what is printed into logs do not
count, and the tree is written out here, so that it is the same on every supported Python. Modules
are found by path and never imported. Standard library only: the Snakefile and every cluster job
read this file.

What counts in no digest: `settings`, `errors` and the meanings of columns, which check and name
things (the values of the settings reach the rules through params of their own), and the rooms
PLUMBING, which run the work and do none. What these import counts, but for AROUND_THE_WORK, which
stands around every script.

A module may offer choices in a table, `PARSERS = {"coco": parse_coco, ...}`. A digest for one entry
of it reads the module as if the table had no other: what only those use does not count.
"""

import ast
import copy
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

PACKAGE = "superanimal_core"
ROOT = Path(__file__).resolve().parent
_MEANINGS = tuple(f"tables/{of}_columns.py" for of in ("video", "gait", "behavior", "study"))
WITHOUT_RESULTS = {ROOT / name for name in ("settings", "errors.py", *_MEANINGS)}
PLUMBING = ("jobs", "cluster")
AROUND_THE_WORK = "jobs/step.py"
LOG_CALLS = {"print"}
Chosen = frozenset[tuple[str, str]]  # table, entry


def source_digest(*modules: str, chosen: Mapping[str, str] | None = None) -> str:
    """Hex digest over the named modules and everything of this package that they import.

    A name is a dotted module ('superanimal_core.smoothing.eks'); `chosen` names one entry of each
    table of choices of which only that is used. FileNotFoundError for an unknown module: a rule
    that names one which is gone must not run.
    """
    entries: Chosen = frozenset((chosen or {}).items())
    digest = hashlib.sha256()
    for path in sorted(counted(closure(modules, entries))):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(_tree_digest(path, entries).encode())
    return digest.hexdigest()[:16]


def script_digest(script: Path, chosen: Mapping[str, str] | None = None) -> str:
    """Hex digest over a workflow script and all package modules that it imports."""
    whole = _tree_digest(script) + source_digest(*_package_imports(script), chosen=chosen)
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def counted(paths: Iterable[Path]) -> set[Path]:
    """Those of some modules whose text is part of a digest."""
    left_out = WITHOUT_RESULTS | {ROOT / room for room in PLUMBING}
    return {path for path in paths if left_out.isdisjoint((path, *path.parents))}


def closure(modules: Iterable[str], chosen: Chosen = frozenset()) -> set[Path]:
    """Files of the named modules and of all package modules that they import, directly or not."""
    pending = [_path_of(name) for name in modules]
    found: set[Path] = set()
    while pending:
        path = pending.pop()
        if path not in found:
            found.add(path)
            if path != ROOT / AROUND_THE_WORK:
                pending += [_path_of(name) for name in _package_imports(path, chosen)]
    return found


def _path_of(module: str) -> Path:
    relative = Path(*module.split(".")[1:])
    as_file, as_package = ROOT / f"{relative}.py", ROOT / relative / "__init__.py"
    if as_file.is_file():
        return as_file
    if as_package.is_file():
        return as_package
    raise FileNotFoundError(f"no module {module} under {ROOT}")


@cache
def _syntax_tree(path: Path, chosen: Chosen = frozenset()) -> ast.Module:
    """The tree of a module; as if its tables of choices had the chosen entries only."""
    if not chosen:
        return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    whole = _syntax_tree(path)
    entries = {name: entry for name, entry in chosen if name in dict(_tables(whole))}
    return _with_entries(whole, entries) if entries else whole


def _tables(tree: ast.Module) -> Iterator[tuple[str, ast.Dict]]:
    """The dictionaries of a module that have names in capitals."""
    for node in tree.body:
        if not isinstance(node, (ast.Assign, ast.AnnAssign)):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [t.id for t in targets if isinstance(t, ast.Name) and t.id.isupper()]
        table = node.value
        if names and isinstance(table, ast.Dict):
            yield names[0], table


def _with_entries(whole: ast.Module, entries: Mapping[str, str]) -> ast.Module:
    """A module with one entry in each of some tables, without the imports that no more is used.

    KeyError where a table has no such entry.
    """
    tree = copy.deepcopy(whole)
    for name, table in _tables(tree):
        if name in entries:
            both = zip(table.keys, table.values, strict=True)
            by_key = {ast.literal_eval(key): value for key, value in both if key}
            table.keys = [ast.Constant(entries[name])]
            table.values = [by_key[entries[name]]]
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            node.names = [a for a in node.names if (a.asname or a.name) in used]
    tree.body = [n for n in tree.body if not isinstance(n, ast.ImportFrom) or n.names]
    return tree


@cache
def _package_imports(path: Path, chosen: Chosen = frozenset()) -> tuple[str, ...]:
    """Package modules named by the import statements anywhere in a file."""
    names: set[str] = set()
    for node in ast.walk(_syntax_tree(path, chosen)):
        if isinstance(node, ast.Import):
            names.update(a.name for a in node.names if a.name.split(".")[0] == PACKAGE)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            module = str(node.module)
            names.update(_module_or_parent(f"{module}.{a.name}", module) for a in node.names)
    return tuple(sorted(names))


def _module_or_parent(name: str, parent: str) -> str:
    """`from package import x`: x is a module, or something inside the package."""
    try:
        _path_of(name)
    except FileNotFoundError:
        return parent
    return name


@cache
def _tree_digest(path: Path, chosen: Chosen = frozenset()) -> str:
    return _digest_of(_syntax_tree(path, chosen))


def text_digest(text: str) -> str:
    """Hex digest of the syntax tree of a Python text, without docstrings and log lines.

    The same on every supported Python: `ast.dump` writes fields that only newer ones know, and
    leaves out others.
    """
    return _digest_of(ast.parse(text))


def _digest_of(tree: ast.Module) -> str:
    return hashlib.sha256(_written(tree).encode()).hexdigest()


def _says_nothing(statement: object) -> bool:
    """A line that only writes into the log."""
    if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)):
        return False
    called = statement.value.func
    return isinstance(called, ast.Name) and called.id in LOG_CALLS


def _body_of(node: ast.AST, body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a module, class or function that count; `pass` where there are none."""
    if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
        body = body[1:]
    return [s for s in body if not _says_nothing(s)] or [ast.Pass()]


def _written(part: object) -> str:
    """A part of a syntax tree as text; fields that say nothing (None, an empty list) are left out.

    Pieces of an f-string that stand side by side are one: Pythons cut them differently.
    """
    if isinstance(part, list):
        return f"[{','.join(map(_written, part))}]"
    if not isinstance(part, ast.AST):
        return repr(part)
    if isinstance(part, ast.JoinedStr):
        part = ast.JoinedStr(_merged(part.values))
    fields = [
        (name, _body_of(part, value) if name == "body" and isinstance(value, list) else value)
        for name, value in ast.iter_fields(part)
        if value not in (None, [])
    ]
    if isinstance(part, ast.Constant):  # None is a value here
        fields = [("value", part.value), *(f for f in fields if f[0] == "kind")]
    said = ",".join(f"{name}={_written(value)}" for name, value in sorted(fields))
    return f"{type(part).__name__}({said})"


def _merged(pieces: list[ast.expr]) -> list[ast.expr]:
    merged: list[ast.expr] = []
    for piece in pieces:
        before = merged[-1] if merged else None
        if isinstance(piece, ast.Constant) and isinstance(before, ast.Constant):
            merged[-1] = ast.Constant(str(before.value) + str(piece.value))
        elif not (isinstance(piece, ast.Constant) and piece.value == ""):
            merged.append(piece)
    return merged


_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
