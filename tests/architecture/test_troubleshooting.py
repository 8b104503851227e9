"""Messages that docs/troubleshooting.md explains are those that the program says."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/troubleshooting.md").read_text("utf-8")
OF_OTHERS = {"snakemake: command not found"}


def messages():
    """What stands in the first cell of a row."""
    first = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    return {message for cell in first for message in re.findall(r"`([^`]+)`", cell)}


def sources():
    """All texts of the program, pieces of one sentence joined, blanks as single ones."""
    folders = ("superanimal_core", "workflow")
    files = [p for f in folders for p in (ROOT / f).rglob("*") if p.suffix in (".py", ".smk")]
    text = "\n".join(path.read_text("utf-8") for path in sorted(files))
    joined = re.sub(r'"\s*\n\s*f?"', "", text)
    return re.sub(r"\s+", " ", joined)


def test_every_message_of_the_page_is_said_by_the_program():
    text = sources()
    assert len(messages()) > 15
    assert [m for m in sorted(messages() - OF_OTHERS) if m not in text] == []
