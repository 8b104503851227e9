"""The pages of the reference that are made from the code.

    python docs/generate.py [--check]

`tables.md`: every column, from superanimal_core.tables.names. `settings.md`: every setting, from
config/config.yaml and its remarks. `rules.md`: every rule, from workflow/rules. `what-reruns.md`:
which rules a module's code counts in, from superanimal_core.provenance. `commands.md`: every
command, from its own help. And the list of the decisions, from their titles. In `measured.md` the
part behind its mark is made from the tables in benchmarks/results. `--check` writes nothing and
fails where a page is not what the code says.
"""

import argparse
import ast
import csv
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from superanimal_core import provenance  # noqa: E402
from superanimal_core.__main__ import COMMANDS, command_module  # noqa: E402
from superanimal_core.tables.names import ALL, MEASURED, WITHOUT_USER_COLUMNS  # noqa: E402
from superanimal_core.tables.video_columns import ENDINGS  # noqa: E402

PAGES = ROOT / "docs"
MADE = "<!-- made by docs/generate.py; do not edit -->"
MADE_BELOW = "<!-- below: made by docs/generate.py from benchmarks/results; do not edit -->"
SETTING = re.compile(r"^(?P<indent> *)(?P<key>\w+):(?P<value>[^#]*)(#(?P<remark>.*))?$")
IN_THEIR_SECTION = "behavior.definitions."  # what each behavior has is said once, above them
LEARNERS = (
    "pretrain",
    "fine_tune",
    "distill",
    "watch_for_student",
    "compare_student",
    "train_detector",
    "quantize_network",
    "evaluate_model",
    "propose_conversion",
    "transfer_run",
    "predict_poses",
    "adapt_to_video",
    "adapt_together",
    "offer_lessons",
)
REMARK = re.compile(r"^ *# ?(?P<remark>.*)$")


def main() -> None:
    """Write the pages, or compare them."""
    pages = {
        "reference/tables.md": tables_page,
        "reference/settings.md": settings_page,
        "reference/rules.md": rules_page,
        "reference/what-reruns.md": reruns_page,
        "reference/commands.md": commands_page,
        "decisions/README.md": decisions_page,
    }
    texts = {name: "\n".join([MADE, "", *make()]) for name, make in pages.items()}
    texts["measured.md"] = measured_page((PAGES / "measured.md").read_text(encoding="utf-8"))
    stale = []
    for name, told in texts.items():
        path, text = PAGES / name, told.rstrip() + "\n"
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.exit(f"docs: {', '.join(stale)}: not what the code says; make reference")


def measured_page(before: str) -> str:
    """The page as it is, with the tables of the benchmarks behind the mark."""
    own = before.partition(MADE_BELOW)[0]
    return "\n".join([own + MADE_BELOW, "", *measured_tables(ROOT / "benchmarks/results")])


def measured_tables(folder: Path) -> Iterator[str]:
    """The rows that benchmarks have kept, one table for each of them."""
    yield "## By machine"
    yield ""
    yield "Kept by the benchmarks themselves, with `--record`. Units stand in names."
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            header, *cells = csv.reader(file)
        yield from ("", f"### `benchmarks/{path.stem}.py`", "")
        told = tuple(name.replace("_", " ") for name in header)
        yield from rows(told, map(tuple, cells))


def decisions_page() -> Iterator[str]:
    """Every decision by its title."""
    yield "# Decisions"
    yield ""
    yield "What was decided, why, what was measured, and what was tried and rejected."
    yield ""
    for path in sorted((PAGES / "decisions").glob("[0-9]*.md")):
        title = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        yield f"* [{title}]({path.name})"


def tables_page() -> Iterator[str]:
    """Every column of every table."""
    yield "# Tables and their columns"
    yield ""
    yield "Paths are below `results/`. Units stand in names: `_px` pixels of the original video,"
    yield "`_cm`, `_s` seconds, `_hz`, `_rad`, `_bl` body lengths; `_fraction` is a part of 1."
    yield "Unknown is NaN. Endings that many columns have:"
    yield ""
    yield from rows(("ending", "meaning"), ((f"`{e}`", m) for e, m in ENDINGS.items()))
    yield ""
    yield "With `cm_per_px` in the sheet, lengths and speeds in `features` stand there in cm, too."
    for name, table in ALL.items():
        yield ""
        yield f"## {name}"
        yield ""
        yield f"`{table.path}`; one row: {table.row}."
        if name in MEASURED:
            beside = "`video`" if name in WITHOUT_USER_COLUMNS else "`video` and your own columns"
            yield f"All videos: `tables/{name}.parquet`, with {beside} in front."
        if name == "poses":
            yield "All videos: `tables/poses.parquet/video={video}/`, a folder of all of them."
        yield ""
        yield from rows(("column", "meaning"), ((f"`{c}`", m) for c, m in table.columns.items()))


def settings_page() -> Iterator[str]:
    """Every setting with its value and what config/config.yaml says of it."""
    yield "# Settings"
    yield ""
    yield "From `config/config.yaml`, which is complete. A study's own names only what differs."
    yield ""
    yield from rows(("setting", "shipped value", "meaning"), settings())


def settings() -> Iterator[tuple[str, str, str]]:
    """Key path, value and remark of each line of config.yaml that is a setting of ours.

    A remark goes on in comment lines below it that begin in lower case. Other comment lines are
    about the section or setting below them.
    """
    above: list[tuple[int, str]] = []
    found: list[list[str]] = []
    about: list[str] = []
    is_on = False
    for line in (ROOT / "config/config.yaml").read_text(encoding="utf-8").splitlines():
        if match := SETTING.match(line):
            indent = len(match["indent"])
            above = [(i, key) for i, key in above if i < indent] + [(indent, match["key"])]
            path = ".".join(key for _, key in above)
            is_on = bool(match["remark"])
            remark = [(match["remark"] or "").strip(), *([] if match["value"].strip() else about)]
            found.append([path, match["value"].strip(), " ".join(filter(None, remark))])
            about = []
        elif match := REMARK.match(line):
            text = match["remark"].strip()
            is_on = is_on and not text[:1].isupper()
            if is_on:
                found[-1][2] += f" {text}"
            else:
                about.append(text)
        else:
            is_on, about = False, []
    for path, value, remark in found:
        if (value or remark) and not path.startswith(IN_THEIR_SECTION):
            yield f"`{path}`", f"`{value}`" if value else "", remark


def rules_page() -> Iterator[str]:
    """Every rule: what it is for and what it writes."""
    yield "# Rules"
    yield ""
    yield "Each has a file in `workflow/rules` and a script of its name in `workflow/scripts`."
    yield ""
    found = []
    for path in sorted((ROOT / "workflow/rules").glob("*.smk")):
        text = path.read_text(encoding="utf-8")
        rule = re.search(r'^rule (\w+):\n    """(.*?)(?:\n|""")', text, re.S | re.M)
        if rule:
            outputs = text.split("output:")[1].split("    log:")[0]
            written = ", ".join(f"`{each}`" for each in re.findall(r'"(results/[^"]+)"', outputs))
            found.append((f"`{rule[1]}`", rule[2], written or "tables of all videos"))
    yield from rows(("rule", "what it does", "what it writes"), found)


def commands_page() -> Iterator[str]:
    """Every command: its help, and what it can be told."""
    yield "# Commands"
    yield ""
    yield "In a clone `./superanimal`, which `make setup` writes; else `superanimal`. The same"
    yield "words stand in `superanimal COMMAND --help`."
    for name in COMMANDS:
        command, parser = command_module(name), argparse.ArgumentParser(add_help=False)
        command.add_arguments(parser)
        yield from ("", f"## {name}", "", *(command.__doc__ or "").strip().splitlines(), "")
        yield from rows(("argument", "meaning"), map(argument_row, parser._actions))


def argument_row(action: argparse.Action) -> tuple[str, str]:
    """What is written, and what it means."""
    name, written = action.metavar or action.dest.upper(), list(action.option_strings)
    value = "" if written and action.nargs == 0 else f" {name}"
    told = (action.help or "").replace(f"{ROOT}/", "")
    return f"`{', '.join(written)}{value}`".replace("` ", "`"), told


CHOICES = {  # tables of choices: the module, and the rules that tell which entry they use
    "PARSERS": ("datasets/__init__.py", ("convert_dataset",)),
    "ARCHITECTURES": ("network/bundle.py", LEARNERS),
    "DETECTORS": ("network/detector.py", LEARNERS),
    "LESSONS": (
        "jobs/member_training.py",
        ("adapt_together", "distill", "fine_tune", "pretrain", "transfer_run"),
    ),
    "SMOOTHERS": (
        "smoothing/baselines.py",
        (
            "calibrate_uncertainty",
            "compare_student",
            "predict_poses",
            "smooth_poses",
            "watch_for_student",
        ),
    ),
    "SEERS": ("models/who_sees.py", ("predict_poses",)),
}


def reruns_page() -> Iterator[str]:
    """Which rules re-run when a module changes."""
    yield "# What re-runs when code changes"
    yield ""
    yield "A changed statement in a module re-runs the rules beside it, and what follows from"
    yield "their results. Remarks, docstrings, layout and what is printed into logs do not; nor do"
    yield "`settings/`, `errors.py`, `jobs/`, `cluster/`, `study/`, `commands/`, the meanings of "
    yield "columns, and modules that no script uses. An entry in brackets: only where it is chosen."
    yield ""
    of_modules: dict[str, list[str]] = {}
    for module, rules in sorted(rules_of_modules().items()):
        of_modules.setdefault(_said(rules), []).append(module)
    by_first = sorted(of_modules.items(), key=lambda item: item[1][0])
    cells = ((", ".join(f"`{m}`" for m in modules), rules) for rules, modules in by_first)
    yield from rows(("modules", "rules"), cells)


def rules_of_modules() -> dict[str, dict[str, str]]:
    """Module -> rules whose digest it counts in, each with the entries that it takes."""
    found: dict[str, dict[str, str]] = {}
    for script in sorted((ROOT / "workflow/scripts").glob("*.py")):
        rule, imports = script.stem, provenance._package_imports(script)
        everything = provenance.closure(imports)
        whole = _names(everything)
        only: dict[str, list[str]] = {}
        for table, (module, rules) in CHOICES.items():
            if rule not in rules or provenance.ROOT / module not in everything:
                continue
            entries = _entries(table, module)
            reached = {
                entry: _names(provenance.closure(imports, frozenset({(table, entry)})))
                for entry in entries
            }
            for name in whole:
                users = [entry for entry in entries if name in reached[entry]]
                if len(users) < len(entries):
                    only.setdefault(name, []).extend(users)
        for name in whole:
            found.setdefault(name, {})[rule] = ", ".join(only.get(name, []))
    return found


def _names(paths: Iterable[Path]) -> set[str]:
    counted = provenance.counted(paths)
    return {path.relative_to(provenance.ROOT).as_posix() for path in counted}


def _entries(table: str, module: str) -> list[str]:
    tables = dict(provenance._tables(provenance._syntax_tree(provenance.ROOT / module)))
    return [str(ast.literal_eval(key)) for key in tables[table].keys if key]


def _said(rules: dict[str, str]) -> str:
    """The rules in words; where nearly all are meant, those that are not."""
    every = {path.stem for path in (ROOT / "workflow/scripts").glob("*.py")}
    if len(rules) > len(every) // 2 and not any(rules.values()):
        others = sorted(every - rules.keys())
        return f"all but {', '.join(others)}" if others else "all"
    by_entry: dict[str, list[str]] = {}
    for rule, entries in sorted(rules.items()):
        by_entry.setdefault(entries, []).append(rule)
    parts = (", ".join(r) + (f" ({entries})" if entries else "") for entries, r in by_entry.items())
    return "; ".join(parts)


def rows(header: tuple[str, ...], cells: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """A table in Markdown."""
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in cells:
        yield f"| {' | '.join(map(escaped, row))} |"


def escaped(cell: str) -> str:
    """A cell's text as Markdown shows it; code in backticks is shown as it stands."""
    text = cell if cell.startswith("`") else cell.replace("<", "&lt;")
    return text.replace("|", chr(92) + "|")


if __name__ == "__main__":
    main()
