"""Which code made a table: a digest over a script or module and the package modules it imports.

Snakemake re-runs a rule when the date of its script changes, and never when an imported function
does. The rules therefore put a digest into their params, and the default profile leaves out the
trigger `code`: neither a fresh clone nor a touched script changes anything. The digest is taken
from the syntax tree, so that comments, docstrings and layout do not count, and the tree is written
out here, so that it is the same on every supported Python. Modules are found by path and never
imported. Standard library only: every cluster job reads this file while it parses the Snakefile.

`settings` and `errors` are left out: they check and name things, and compute nothing. The values of
the settings reach the rules through params of their own.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = "superanimal_core"
ROOT = Path(__file__).resolve().parent
WITHOUT_RESULTS = {ROOT / "settings", ROOT / "errors.py"}


def source_digest(*modules: str) -> str:
    """Hex digest over the named modules and everything of this package that they import.

    A name is a dotted module ('superanimal_core.smoothing.eks'). FileNotFoundError for an unknown
    one: a rule that names a module which is gone must not run.
    """
    digest = hashlib.sha256()
    for path in sorted(closure(modules)):
        if not WITHOUT_RESULTS.isdisjoint((path, *path.parents)):
            continue
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(_tree_digest(path).encode())
    return digest.hexdigest()[:16]


def script_digest(script: Path) -> str:
    """Hex digest over a workflow script and all package modules that it imports."""
    whole = _tree_digest(script) + source_digest(*_package_imports(script))
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def closure(modules: tuple[str, ...]) -> set[Path]:
    """Files of the named modules and of all package modules that they import, directly or not."""
    pending = [_path_of(name) for name in modules]
    found: set[Path] = set()
    while pending:
        path = pending.pop()
        if path not in found:
            found.add(path)
            pending += [_path_of(name) for name in _package_imports(path)]
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
def _syntax_tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def _package_imports(path: Path) -> tuple[str, ...]:
    """Package modules named by the import statements anywhere in a file."""
    names: set[str] = set()
    for node in ast.walk(_syntax_tree(path)):
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
def _tree_digest(path: Path) -> str:
    return text_digest(path.read_text(encoding="utf-8"))


def text_digest(text: str) -> str:
    """Hex digest of the syntax tree of a Python text, without docstrings.

    The same on every supported Python: `ast.dump` writes fields that only newer ones know, and
    leaves out others.
    """
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(_written(tree).encode()).hexdigest()


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
    fields = [(name, value) for name, value in ast.iter_fields(part) if value not in (None, [])]
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
