"""Scripts run inside Snakemake only, where neither pyright nor a test of the package sees them."""

import ast
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = sorted((Path(__file__).resolve().parents[2] / "workflow/scripts").glob("*.py"))


def names_that_are_not_there(text):
    """What a script imports, or takes out of a module that it imports, in vain."""
    tree, modules, absent = ast.parse(text), {}, []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = import_module(node.module)
            for name in node.names:
                if hasattr(module, "__path__") and find_spec(f"{node.module}.{name.name}"):
                    import_module(f"{node.module}.{name.name}")
                found = getattr(module, name.name, None)
                if isinstance(found, ModuleType):
                    modules[name.asname or name.name] = found
                elif not hasattr(module, name.name):
                    absent.append(name.name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = modules.get(node.value.id)
            if module and not hasattr(module, node.attr):
                absent.append(f"{node.value.id}.{node.attr}")
    return absent


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_uses_names_that_are_there(script):
    assert names_that_are_not_there(script.read_text()) == []


def test_a_name_that_has_moved_is_found():
    text = "from superanimal_core.models import bundles\nbundles.write_bundle(1)\n"
    text += "from superanimal_core.models.bundles import write_detector\n"
    assert names_that_are_not_there(text) == ["write_detector", "bundles.write_bundle"]
