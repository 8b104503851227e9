"""Mutants: what would no test notice? A seeded sample of small faults, each put into a copy.

    python tests/mutants.py --sample 100 --seed 1 [--cores 2] [--only behavior/gait]

A fault is an edge (< for <=), a sign, a limit dropped, mean for median, an axis for the other, a
constant half as large again or one more (not a guard such as 1e-9, where that means nothing). For
each the tests run that import the module, then those that import it through one other, as many as
a minute holds; the first failure kills, and so does a run four times as long as without a fault.
What survives is printed: it deserves a test at its edge, or the decision deserves to go. Faults
that change no result stand in EQUIVALENT, with the reason, and are counted apart.

The working tree is never touched: every process has a copy, first on its path.
"""

import argparse
import ast
import contextlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from faults import CORE, EQUIVALENT, ROOT, Mutant, mutants_of

PACKAGES = ("behavior", "evaluation", "inference", "network", "pose", "smoothing", "training")
DECISIONS = ("absence_marks", "animals", "audit", "match_keypoints", "same_pictures", "split",
             "swapped_sides", "tracks", "unify")  # fmt: skip
PRELOADED = ("beartype", "cv2", "h5py", "hypothesis", "jaxtyping", "pandas", "pyarrow.parquet",
             "pytest", "scipy.optimize", "scipy.signal", "scipy.spatial", "scipy.stats", "timm",
             "torch.distributed", "torchvision")  # fmt: skip

BUDGET_S = 60.0  # of tests for one fault
LEAST_LIMIT_S, TIMES_AS_LONG = 60, 4
LOG, SECONDS = "tests.log", "seconds.json"


def modules() -> list[str]:
    """The modules that decide: those of the science, and how data sets are judged."""
    found = [path for package in PACKAGES for path in (ROOT / CORE / package).glob("*.py")]
    found += [ROOT / CORE / "datasets" / f"{name}.py" for name in DECISIONS]
    return sorted(path.relative_to(ROOT / CORE).as_posix() for path in found)


def imports_of(path: Path) -> set[str]:
    """Dotted names that a file imports, and `a.b` for `from a import b`, which may be a module."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def tests_of_modules() -> dict[str, list[list[str]]]:
    """For each module its own tests, those nearest to it by imports, and those next to these."""
    core = {_dotted(path): imports_of(path) for path in (ROOT / CORE).rglob("*.py")}
    tests = _imports_of_tests()
    return {module: _nearest_tests(module, core, tests) for module in modules()}


def _imports_of_tests() -> dict[str, set[str]]:
    """What each test file imports, by itself, by the helpers that it imports and its conftest."""
    helpers = {path.stem: imports_of(path) for path in (ROOT / "tests").rglob("*.py")}
    tests = {}
    for package in (*PACKAGES, "datasets"):
        for path in sorted((ROOT / "tests" / package).glob("test_*.py")):
            mine, beside = imports_of(path), path.parent / "conftest.py"
            mine = mine.union(*(helpers[name] for name in mine & helpers.keys()))
            shared = imports_of(beside) if beside.is_file() else set()
            tests[path.relative_to(ROOT).as_posix()] = mine | shared
    return tests


def _nearest_tests(
    module: str, core: dict[str, set[str]], tests: dict[str, set[str]]
) -> list[list[str]]:
    mirror = f"tests/{module.replace('/', '/test_')}"
    levels = [[mirror] if mirror in tests else []]
    seen = reached = {_dotted(ROOT / CORE / module)}
    while len(levels) < 3 and reached:
        known = {test for level in levels for test in level}
        level = [test for test, mine in tests.items() if mine & reached and test not in known]
        levels += [level] if level else []
        reached = {other for other, imported in core.items() if imported & reached} - seen
        seen = seen | reached
    return levels


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


class _Seconds:
    """A plugin of pytest that adds up the processor's time (s) for each test file."""

    def __init__(self) -> None:
        self.of_file: dict[str, float] = defaultdict(float)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.of_file[nodeid.split("::")[0]] -= sum(os.times()[:4])

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self.of_file[nodeid.split("::")[0]] += sum(os.times()[:4])


def start(tree: Path, files: list[str], limit_s: int) -> int:
    """A process of its own that runs tests in a copy; its number. Exit status 0: all pass.

    The limit is the processor's time, which a busy machine does not lengthen; who waits for ten
    times as long waits forever.
    """
    child = os.fork()
    if child:
        return child
    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))
    signal.alarm(10 * limit_s)
    status = 1
    try:
        status = _run_tests(tree, files)
    finally:
        os._exit(status)


def _run_tests(tree: Path, files: list[str]) -> int:
    import pytest

    os.chdir(tree)
    with (tree / LOG).open("w") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    sys.path.insert(0, str(tree))
    os.environ["PYTHONPATH"] = str(tree)
    seconds = _Seconds()
    options = ["-x", "-q", "-m", "not slow and not slurm", "-p", "no:cacheprovider", "-p",
               "no:xdist", "--hypothesis-seed=0"]  # fmt: skip
    status = pytest.main([*options, *files], plugins=[seconds])
    (tree / SECONDS).write_text(json.dumps(seconds.of_file))
    return int(status)


def copies(count: int, folder: Path) -> list[Path]:
    """Copies of what git knows of, for `count` processes."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\n")  # fmt: skip
    trees = [folder / str(number) for number in range(count)]
    for tree in trees:
        for name in filter(None, listed):
            if (ROOT / name).is_file():
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, tree / name)
    return trees


def seconds_without_faults(trees: list[Path], files: list[str]) -> dict[str, float]:
    """What each test file takes when all is well; the program ends when a test fails."""
    parts = [files[first :: len(trees)] for first in range(len(trees))]
    running = {start(t, part, 3600): t for t, part in zip(trees, parts, strict=True) if part}
    seconds = {}
    for child, tree in running.items():
        _, status = os.waitpid(child, 0)
        if status:
            sys.exit(f"tests fail without a fault:\n{(tree / LOG).read_text()[-3000:]}")
        seconds |= json.loads((tree / SECONDS).read_text())
    return seconds


def affordable(levels: list[list[str]], seconds: dict[str, float]) -> tuple[list[str], float]:
    """The nearest test files that a minute holds, quick ones first, and what they take (s)."""
    chosen, total = [], 0.0
    for level in levels:
        for file in sorted(level, key=lambda file: seconds[file]):
            if not chosen or total + seconds[file] <= BUDGET_S:
                chosen.append(file)
                total += seconds[file]
    return chosen, total


def run(
    mutants: list[Mutant], trees: list[Path], tests: dict[str, list[list[str]]]
) -> dict[int, str]:
    """What became of each: killed, too long, or survived."""
    wanted = {file for mutant in mutants for level in tests[mutant.module] for file in level}
    seconds = dict.fromkeys(wanted, 0.0) | seconds_without_faults(trees, sorted(wanted))
    print(f"all pass without a fault, in {sum(seconds.values()):.0f} s", flush=True)
    waiting, free, running, outcome = list(enumerate(mutants)), list(trees), {}, {}
    while waiting or running:
        while waiting and free:
            number, mutant = waiting.pop(0)
            tree = free.pop()
            (tree / CORE / mutant.module).write_text(mutant.source())
            files, usual_s = affordable(tests[mutant.module], seconds)
            child = start(tree, files, LEAST_LIMIT_S + round(TIMES_AS_LONG * usual_s))
            running[child] = number, tree, time.monotonic()
        child, status = os.wait()
        number, tree, began = running.pop(child)
        _end_group(child)
        mutant = mutants[number]
        outcome[number] = (
            "too long" if os.WIFSIGNALED(status) else "killed" if status else "survived"
        )
        shutil.copyfile(ROOT / CORE / mutant.module, tree / CORE / mutant.module)
        free.append(tree)
        spent = f"{time.monotonic() - began:4.0f} s"
        print(f"{len(outcome):4d} {spent} {outcome[number]:9s} {mutant}", flush=True)
    return outcome


def _end_group(child: int) -> None:
    """What the tests of a child started ends with it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)


def _prepare() -> None:
    """What every child shares: the slow imports, and that nothing is written beside a module."""
    os.environ["OMP_NUM_THREADS"] = "1"
    shared = os.environ.get("SUPERANIMAL_SHARED", "../shared")
    os.environ["SUPERANIMAL_SHARED"] = str((ROOT / shared).resolve())
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    for name in PRELOADED:
        __import__(name)


def main() -> None:
    """Draw the sample, run it, and print what survived."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--only", default="", help="how the names of the modules begin")
    chosen = parser.parse_args()
    every = [m for name in modules() if name.startswith(chosen.only) for m in mutants_of(name)]
    drawn = random.Random(chosen.seed).sample(every, min(chosen.sample, len(every)))
    tried = [m for m in drawn if (m.module, m.fault) not in EQUIVALENT]
    print(f"{len(drawn)} of {len(every)} faults, seed {chosen.seed}", flush=True)
    _prepare()
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(tried, copies(chosen.cores, Path(folder)), tests_of_modules())
    survived = [m for number, m in enumerate(tried) if outcome[number] == "survived"]
    for mutant in sorted(survived, key=lambda m: (m.module, m.line)):
        print(f"survived: {mutant}")
    killed, late = len(tried) - len(survived), list(outcome.values()).count("too long")
    print(
        f"killed {killed} of {len(tried)} ({killed / max(len(tried), 1):.0%}), {late} of them by "
        f"the time limit; {len(drawn) - len(tried)} more change no result"
    )


if __name__ == "__main__":
    main()
