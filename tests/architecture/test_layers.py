"""The house rules, read from the syntax tree: layers, script shape, settings, paper map."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "superanimal_core"
LINES = (  # who may import whom: the lines above it here, and its own room
    {"pose", "settings", "errors"},
    {"datasets", "network", "smoothing", "behavior", "evaluation", "synthetic"},
    {"training", "inference"},
    {"tables", "media"},
    {"study", "formats", "cluster"},
    {"models", "report"},
    {"jobs", "commands"},
    {"__main__"},
)
BESIDES = {  # and these of its own line
    "pose": {"errors"},
    "settings": {"pose", "errors"},
    "inference": {"smoothing"},
    "tables": {"media"},
    "study": {"formats"},
    "models": {"report"},
    "commands": {"jobs"},
}
WORDS, SCIENCE = LINES[0], LINES[1] | LINES[2]
LINE_OF = {room: number for number, rooms in enumerate(LINES) for room in rooms}
BESIDE = {"provenance"}
FORBIDDEN_NAMES = {"utils", "helpers", "common", "core", "base", "misc", "manager", "engine"}
HEAVY = {"torch", "torchvision", "timm", "pandas", "pyarrow"}
MODULES = sorted(CORE.rglob("*.py"))
SCRIPTS = sorted((ROOT / "workflow" / "scripts").glob("*.py"))


def imports_of(path: Path) -> Iterator[str]:
    """Dotted names that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(path: Path) -> str:
    """The package (or top-level module) of the library that a file belongs to."""
    return path.relative_to(CORE).with_suffix("").parts[0]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(CORE)))
def test_imports_point_down_or_stay_at_home(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    used = {n.split(".")[1] for n in imports_of(path) if n.startswith("superanimal_core.")}
    assert used <= may_import(room), f"{room} must not import {sorted(used - may_import(room))}"


def may_import(room: str) -> set[str]:
    """The rooms that a room may import."""
    if room in BESIDE:
        return set()
    below = set[str]().union(*LINES[: LINE_OF[room]])
    return below | BESIDES.get(room, set()) | {room}


def test_the_snakefile_asks_the_study_and_a_few_plumbers() -> None:
    """What the Snakefile imports, every job of a cluster reads: docs/decisions/003."""
    rules = [ROOT / "Snakefile", *(ROOT / "workflow" / "rules").glob("*.smk")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in rules)
    used = set(re.findall(r"from superanimal_core\.([\w.]+) import", text))
    around_a_run = {"run_owner", "outcome", "failed_jobs", "stopped"}
    plumbers = around_a_run | {"snakemake_mended", "old_results"}
    others = {name for name in used if not name.startswith("study.")}
    assert others == {"errors", "provenance", *(f"jobs.{name}" for name in plumbers)}


def test_every_package_has_a_line() -> None:
    assert {room_of(path) for path in MODULES} - {"__init__"} == LINE_OF.keys() | BESIDE


@pytest.mark.parametrize("path", [p for p in MODULES if room_of(p) in WORDS])
def test_layer_0_knows_numpy_at_most(path: Path) -> None:
    allowed = {"numpy", "jaxtyping", "pydantic", "superanimal_core"}
    outside = {name.split(".")[0] for name in imports_of(path)}
    assert not outside & (HEAVY | {"pathlib", "cv2", "scipy", "os"})
    assert outside & {"numpy", "scipy", "pydantic"} <= allowed


@pytest.mark.parametrize("path", [p for p in MODULES if room_of(p) in SCIENCE])
def test_the_science_opens_no_files(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and _is_name(n.func)]
    assert "open" not in calls
    assert not {"pathlib.Path", "os.path", "pyarrow.parquet"} & set(imports_of(path))


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Name)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(CORE)))
def test_modules_hold_one_idea(path: Path) -> None:
    assert path.stem not in FORBIDDEN_NAMES
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.stem)
def test_scripts_bind_and_do_not_decide(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    shapes = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Try, ast.BinOp, ast.Lambda)
    found = {type(node).__name__ for node in ast.walk(tree) if isinstance(node, shapes)}
    assert not found, f"a script reads, calls one function and writes: {found}"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 40


def test_every_script_belongs_to_a_rule_of_its_name() -> None:
    rules = {path.stem for path in (ROOT / "workflow" / "rules").glob("*.smk")}
    assert {path.stem for path in SCRIPTS} == rules - {
        "before_settings",
        "study",
        "common",
    }


@pytest.mark.parametrize("rule", ["smooth_poses", "measure_gait", "describe_behavior"])
def test_tail_rules_never_load_torch(rule: str) -> None:
    from superanimal_core.provenance import closure

    script = ROOT / "workflow" / "scripts" / f"{rule}.py"
    modules = {n.rpartition(".")[0] for n in imports_of(script) if n.startswith("superanimal_core")}
    for path in closure(tuple(sorted(modules))):
        assert not {n.split(".")[0] for n in imports_of(path)} & {"torch", "torchvision", "timm"}


def settings_paths(mapping: dict, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in mapping.items():
        yield (*above, key)
        if isinstance(value, dict) and not above:
            yield from settings_paths(value, (*above, key))


def test_the_shipped_configuration_is_complete_and_valid() -> None:
    from superanimal_core.study.settings_document import settings_from_mapping

    name = "config/config.yaml"
    settings_from_mapping(yaml.safe_load((ROOT / name).read_text(encoding="utf-8")), name)


def test_every_setting_is_used_by_the_workflow() -> None:
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    rules = [ROOT / "Snakefile", *(ROOT / "workflow" / "rules").glob("*.smk")]
    study = [CORE / "study" / f"{name}.py" for name in ("study", "graph", "rule_settings")]
    text = "".join(path.read_text(encoding="utf-8") for path in [*rules, *study])
    for section in config:
        is_read = f'"{section}"' in text or f"settings.{section}" in text
        assert is_read, f"no rule reads the section '{section}'"


def test_paper_map_names_files_that_exist() -> None:
    text = (ROOT / "docs" / "paper-map.md").read_text(encoding="utf-8")
    named = [part for part in text.split("`") if part.startswith("superanimal_core/")]
    assert named
    for name in named:
        assert (ROOT / name.split("::")[0]).exists(), name


def test_profiles_share_no_key() -> None:
    profiles = ROOT / "profiles"
    keys = {
        path.parent.name: set(yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in profiles.glob("*/config.yaml")
    }
    for name in keys.keys() - {"default"}:
        assert not keys["default"] & keys[name], name


def test_nothing_of_the_workplace_is_in_the_lock_file() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    assert all("://" not in line and "==" in line for line in lines if line and line[0] != "#")


def test_the_conda_environment_pins_what_the_lock_pins() -> None:
    environment = yaml.safe_load((ROOT / "envs" / "environment.yaml").read_text(encoding="utf-8"))
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    assert environment["dependencies"][-1]["pip"] == [line for line in lock if line[:1] not in "#"]


def test_the_container_is_of_the_same_python_and_lock_file() -> None:
    recipe = (ROOT / "envs" / "container.def").read_text(encoding="utf-8")
    environment = yaml.safe_load((ROOT / "envs" / "environment.yaml").read_text(encoding="utf-8"))
    python = environment["dependencies"][0].removeprefix("python=")
    assert f"From: python:{python}-slim\n" in recipe
    copied = recipe.split("%files")[1].split("%post")[0].split()[::2]
    assert all((ROOT / name).exists() for name in copied)
    assert "pip install --no-cache-dir -r /opt/requirements.lock" in recipe


def test_modules_of_tests_have_names_of_their_own() -> None:
    """pytest imports them by their names alone, and leaves out the second of two."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(set(names)) == sorted(names)
