import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from superanimal_core import provenance

SCRIPTS = sorted((Path(__file__).resolve().parents[1] / "workflow/scripts").glob("*.py"))

MODULES = {
    "__init__.py": "",
    "settings/__init__.py": "from superanimal_core.settings.kind import VALUE\n",
    "settings/kind.py": "VALUE = 1\n",
    "errors.py": "class Mistake(Exception): ...\n",
    "kinds/__init__.py": '"""Kinds."""\nfrom superanimal_core.kinds.first import one\n',
    "kinds/first.py": '"""First."""\n\n\ndef one(x):\n    """One."""\n    return x + 1\n',
    "kinds/second.py": "from superanimal_core.kinds import first\n\nTWO = first.one(1)\n",
    "kinds/third.py": (
        "import superanimal_core.kinds.second\nfrom superanimal_core.settings import VALUE\n"
    ),
    "late.py": "def late():\n    from superanimal_core.kinds.first import one\n    return one(2)\n",
    "alone.py": "import math\n",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package on disk in the place of ours; a function that edits one of its modules."""
    root = tmp_path / "superanimal_core"
    for name, text in MODULES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    monkeypatch.setattr(provenance, "ROOT", root)
    left_out = {root / "settings", root / "errors.py"}
    monkeypatch.setattr(provenance, "WITHOUT_RESULTS", left_out)
    forget()
    yield root
    forget()


def forget():
    for name in ("_syntax_tree", "_choices", "_package_imports", "_tree_digest"):
        getattr(provenance, name).cache_clear()


def digest(*modules):
    forget()
    return provenance.source_digest(*(f"superanimal_core.{module}" for module in modules))


def edit(package, name, old, new):
    text = (package / name).read_text()
    assert old in text
    (package / name).write_text(text.replace(old, new))


@pytest.mark.parametrize("module", ["kinds.first", "kinds.second", "kinds.third", "late", "kinds"])
def test_an_edit_changes_the_digest_of_all_that_import_it(package, module):
    before, alone = digest(module), digest("alone")
    edit(package, "kinds/first.py", "x + 1", "x + 2")
    assert digest(module) != before
    assert digest("alone") == alone


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""One."""', '"""Another sentence."""'),
        ('    """One."""\n', ""),
        ('"""First."""\n\n\n', ""),
        ("def one(x):", "# a remark\n\ndef one(x):  # and another"),
        ("x + 1", "(x\n        + 1)"),
    ],
)
def test_comments_docstrings_and_layout_do_not_count(package, old, new):
    before = digest("kinds.third")
    edit(package, "kinds/first.py", old, new)
    assert digest("kinds.third") == before


def test_a_string_that_is_no_docstring_counts(package):
    (package / "alone.py").write_text('NAME = "a"\n')
    before = digest("alone")
    (package / "alone.py").write_text('NAME = "b"\n')
    assert digest("alone") != before


def test_settings_and_errors_compute_nothing(package):
    before = digest("kinds.third")
    edit(package, "settings/kind.py", "1", "2")
    edit(package, "settings/__init__.py", "VALUE", "VALUE as VALUE")
    assert digest("kinds.third") == before


TABLE = """
from superanimal_core.kinds.first import one
from superanimal_core.late import late
KINDS: dict = {"one": one, "late": late}
def made(name): return KINDS[name]
"""


@pytest.fixture
def choices(package):
    """A module with a table of choices, and the digest for one entry of it."""
    (package / "choices.py").write_text(TABLE)

    def of(entry):
        forget()
        return provenance.source_digest("superanimal_core.choices", chosen={"KINDS": entry})

    return of


def test_another_entry_of_a_table_of_choices_counts_only_where_it_is_chosen(package, choices):
    before = {entry: choices(entry) for entry in ("one", "late")}
    assert before["one"] != before["late"]
    (package / "late.py").write_text("def late():\n    return 3\n")
    assert choices("one") == before["one"]
    assert choices("late") != before["late"]


def test_one_more_entry_counts_nowhere_and_what_all_use_everywhere(package, choices):
    before = choices("one")
    edit(package, "choices.py", '"late": late', '"late": late, "alone": alone')
    edit(
        package,
        "choices.py",
        "KINDS: dict",
        "from superanimal_core.alone import alone\nKINDS: dict",
    )
    assert choices("one") == before
    edit(package, "choices.py", "return KINDS[name]", "return KINDS[name.lower()]")
    assert choices("one") != before


def test_an_unknown_entry_is_an_error(package, choices):
    with pytest.raises(KeyError, match="none"):
        choices("none")


def test_without_a_choice_every_entry_counts(package, choices):
    before = digest("choices")
    edit(package, "late.py", "one(2)", "one(3)")
    assert digest("choices") != before


def test_what_is_printed_into_logs_does_not_count(package):
    before = digest("late")
    edit(package, "late.py", "    return one(2)", "    print('done')\n    return one(2)")
    assert digest("late") == before
    edit(package, "late.py", "print('done')", "done = print")
    assert digest("late") != before


def test_plumbing_counts_nowhere_but_what_it_calls_does(package):
    (package / "jobs").mkdir()
    (package / "jobs/work.py").write_text("from superanimal_core.kinds.first import one\none(1)\n")
    (package / "jobs/step.py").write_text("from superanimal_core import alone\n")
    before = digest("jobs.work", "jobs.step")
    edit(package, "jobs/work.py", "one(1)", "one(2)")
    edit(package, "jobs/step.py", "alone\n", "alone\nX = 1\n")
    edit(package, "alone.py", "math", "cmath")
    assert digest("jobs.work", "jobs.step") == before
    edit(package, "kinds/first.py", "x + 1", "x + 2")
    assert digest("jobs.work", "jobs.step") != before


def test_the_closure_holds_what_is_imported_anywhere(package):
    found = provenance.closure(("superanimal_core.late",))
    assert {path.relative_to(package).as_posix() for path in found} == {"late.py", "kinds/first.py"}


def test_an_unknown_module_is_an_error(package):
    with pytest.raises(FileNotFoundError, match=r"no module superanimal_core\.gone under"):
        digest("gone")
    (package / "alone.py").write_text("import superanimal_core.kinds.gone\n")
    with pytest.raises(FileNotFoundError, match=r"superanimal_core\.kinds\.gone"):
        digest("alone")


def test_moving_the_package_keeps_the_digest(package, tmp_path, monkeypatch):
    before = digest("kinds.third")
    moved = tmp_path / "elsewhere/superanimal_core"
    shutil.copytree(package, moved)
    monkeypatch.setattr(provenance, "ROOT", moved)
    left_out = {moved / "settings", moved / "errors.py"}
    monkeypatch.setattr(provenance, "WITHOUT_RESULTS", left_out)
    assert digest("kinds.third") == before


def test_a_scripts_digest_covers_the_script_and_what_it_imports(package, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("from superanimal_core.kinds.second import TWO\nmade = TWO\n")
    before = provenance.script_digest(script)
    script.write_text("# a remark\nfrom superanimal_core.kinds.second import TWO\n\nmade  =  TWO\n")
    forget()
    assert provenance.script_digest(script) == before
    edit(package, "kinds/first.py", "x + 1", "x + 2")
    forget()
    assert provenance.script_digest(script) != before
    edit(package, "kinds/first.py", "x + 2", "x + 1")
    script.write_text("from superanimal_core.kinds.second import TWO\nmade = TWO + 1\n")
    forget()
    assert provenance.script_digest(script) != before


# every kind of statement whose tree one of the Pythons writes otherwise
MANY_KINDS = """
class A(object):
    x: int = 1
    def g(self): pass
    async def f(self, /, a, *, b=None, **k) -> None:
        match a:
            case {"x": [1, *rest]} if rest: yield f"a{b!r:>{a}}c" f"{b}" 'lit' u'q'
            case _: return f"{a}" ""
try: pass
except* (E, F) as e: raise
with (open('a') as b, c): lambda *a: (yield)
"""
DIGEST = "1f117aa123a6fef25a42a6465052b695ced2362b18a66f7993605e07a62c45d2"
CODE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from superanimal_core.provenance import script_digest, text_digest
print(text_digest(sys.argv[2]))
print(*map(script_digest, map(Path, sys.argv[3:])))
"""


def starts(python):
    return not subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode


def pythons():
    """Every supported Python that is installed, this one first."""
    names = [f"python3.{minor}" for minor in range(11, 30)]
    found = [shutil.which(name) for name in names]
    found += map(str, sorted(Path.home().glob(".pyenv/versions/3.1[1-9]*/bin/python3")))
    found = [python for python in found if python and starts(python)]
    return [sys.executable, *found]


@pytest.mark.slow
def test_digests_are_the_same_on_every_python():
    answers = set()
    for python in pythons():
        command = [python, "-I", "-B", "-c", CODE, str(SCRIPTS[0].parents[2]), MANY_KINDS]
        command += [str(path) for path in SCRIPTS]
        answers.add(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    (answer,) = answers
    assert answer.split()[0] == DIGEST


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("x = 1", "x = True"),
        ("x = 1", "x = 1.0"),
        ("x = None", "x = 0"),
        ("x = 'a'", "x = b'a'"),
        ("x = []", "x = [[]]"),
        ("f()", "f(())"),
        ("return_ = f'{a}b'", "return_ = f'{a}'"),
        ("a.b", "a.c"),
        ("x: int", "x: int = 1"),
        ("def f(a, b=1): pass", "def f(a=1, b=1): pass"),
        ("def f(a, /): pass", "def f(a): pass"),
        ("async def f(): pass", "def f(): pass"),
        ("a < b", "a <= b"),
        ("-a", "+a"),
        ("a @ b", "a * b"),
        ("for i in a: pass", "for i in a: continue"),
    ],
)
def test_what_does_something_else_has_another_digest(first, second):
    assert provenance.text_digest(first) != provenance.text_digest(second)


IMPORTS = """
import ast, sys
from pathlib import Path
tree = ast.parse(Path(sys.argv[1]).read_text())
tree.body = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
tree.body = [n for n in tree.body if getattr(n, "module", "") != "superanimal_core.jobs.step"]
exec(compile(tree, sys.argv[1], "exec"))
print("\\n".join(name for name in sys.modules if name.startswith("superanimal_core.")))
"""


@pytest.mark.parametrize("name", ["probe_video", "smooth_poses", "measure_gait", "collect_tables"])
def test_the_closure_covers_what_python_really_loads(name):
    script = next(path for path in SCRIPTS if path.stem == name)
    command = [sys.executable, "-c", IMPORTS, str(script)]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    tree = ast.parse(script.read_text())
    modules = tuple(
        node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module.startswith("superanimal_core.")
    )
    covered = {
        "superanimal_core." + ".".join(path.relative_to(provenance.ROOT).with_suffix("").parts)
        for path in provenance.closure(modules)
    }
    parents = {name.rpartition(".")[0] for name in covered}
    counted = {name for name in loaded if name.split(".")[1] not in ("settings", "errors")}
    assert counted <= covered | parents


def test_the_snakefile_can_use_it_without_heavy_imports():
    code = "import sys; import superanimal_core.provenance, superanimal_core.study.study\n"
    code += "print(*[m for m in ('torch', 'pandas', 'pyarrow', 'cv2', 'av') if m in sys.modules])"
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "\n"
