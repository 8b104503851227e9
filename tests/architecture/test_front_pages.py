"""The documents, read as they stand: links lead somewhere, one version, rooms in the picture."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from test_layers import LINES

import superanimal_core
from superanimal_core.study.overlay import overlaid
from superanimal_core.study.settings_document import settings_from_mapping

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("config/*.md"), *ROOT.glob("docs/**/*.md")])
SHIPPED = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
LINK = re.compile(r"\]\(([^)\s]+)\)")
PICTURE_BYTES = 300_000
PROGRAM = {"__main__"}  # the line above the rooms


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def anchors(path: Path) -> set[str]:
    """What a link may name behind # in a document: its headings, as GitHub writes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_within_the_repository_lead_somewhere(path: Path) -> None:
    links = LINK.findall(path.read_text(encoding="utf-8"))
    for link in (each for each in links if "://" not in each):
        file, _, anchor = link.partition("#")
        target = path.parent / file if file else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/images/*")), ids=lambda p: p.name)
def test_pictures_are_small_and_shown(path: Path) -> None:
    assert path.stat().st_size < PICTURE_BYTES
    assert any(f"images/{path.name}" in each.read_text(encoding="utf-8") for each in DOCUMENTS)


def settings_shown(path: Path) -> list[dict]:
    """The examples of a document that are settings of a study."""
    blocks = re.findall(r"^ *```yaml\n(.*?)```", path.read_text(encoding="utf-8"), re.M | re.S)
    parsed = [yaml.safe_load(block) for block in blocks]
    return [each for each in parsed if set(each) <= set(SHIPPED)]


@pytest.mark.parametrize("path", [*filter(settings_shown, DOCUMENTS)], ids=lambda p: p.stem)
def test_settings_in_documents_are_settings(path: Path) -> None:
    for example in settings_shown(path):
        settings_from_mapping(overlaid(SHIPPED, example), path.name)


def test_every_setting_in_the_reference_says_what_it_means() -> None:
    rows = [row.split(" | ") for row in text_of("docs/reference/settings.md").splitlines()]
    told = {row[0]: row[-1].strip(" |") for row in rows if row[0].startswith("| `")}
    assert len(told) > 100
    assert [name for name, meaning in told.items() if not meaning] == []


def test_there_is_one_version() -> None:
    version = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]
    assert superanimal_core.__version__ == version
    assert yaml.safe_load(text_of("CITATION.cff"))["version"] == version
    dated = re.findall(r"^## (\S+) \((\d{4}-\d\d-\d\d)\)$", text_of("CHANGELOG.md"), re.M)
    assert dated[0] == (version, str(yaml.safe_load(text_of("CITATION.cff"))["date-released"]))


def test_the_architecture_shows_every_room_on_its_line() -> None:
    rows = re.findall(r"^\| (\d) \| `(\w+)` \|", text_of("docs/architecture.md"), re.M)
    lines = [rooms for rooms in LINES if rooms != PROGRAM]
    assert sorted(rows) == sorted((str(n), r) for n, rooms in enumerate(lines, 1) for r in rooms)
    drawn = re.findall(r">([^<]+)</text>", text_of("docs/images/rooms.svg"))
    assert {room for rooms in LINES for room in rooms} <= set(drawn)


def test_the_picture_of_the_chain_names_rules_that_exist() -> None:
    drawn = re.findall(r'monospace">([^<]+)<', text_of("docs/images/rules.svg"))
    names = {name for each in drawn for name in each.split(", ")}
    assert len(names) >= 14
    assert names <= {path.stem for path in (ROOT / "workflow/rules").glob("*.smk")}
