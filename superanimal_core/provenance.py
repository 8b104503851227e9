"""Which code made a table: a digest over a module and the package modules that it imports.

Snakemake re-runs a rule when its script changes, but not when an imported function does. The rules
therefore put a digest into their params. It is taken from the syntax tree: comments, docstrings and
layout do not count. Modules are found by path and never imported. Standard library only: every
cluster job reads this file while it parses the Snakefile.

`settings` and `errors` are left out: they check and name things, and compute nothing. The values of
the settings reach the rules through params of their own.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = "superanimal_core"
ROOT = Path(__file__).resolve().parent
WITHOUT_RESULTS = {ROOT / "settings.py", ROOT / "errors.py"}


def source_digest(*modules: str) -> str:
    """Hex digest over the named modules and everything of this package that they import.

    A name is a dotted module ('superanimal_core.smoothing.eks'). FileNotFoundError for an unknown
    one: a rule that names a module which is gone must not run.
    """
    digest = hashlib.sha256()
    for path in sorted(closure(modules) - WITHOUT_RESULTS):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(_tree_digest(path).encode())
    return digest.hexdigest()[:16]


def script_digest(script: Path) -> str:
    """Digest over the package modules that a workflow script imports (not the script itself)."""
    return source_digest(*_package_imports(script))


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
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
