"""Steps of a page are numbered on the site as they are in its source."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))


class Steps(HTMLParser):
    """The numbers that a browser gives the items of numbered lists."""

    def __init__(self):
        super().__init__()
        self.numbers, self.lists = [], []

    def handle_starttag(self, tag, attrs):
        if tag in ("ol", "ul"):
            self.lists.append(int(dict(attrs).get("start", 1)) if tag == "ol" else None)
        if tag == "li" and self.lists[-1] is not None:
            self.numbers.append(self.lists[-1])
            self.lists[-1] += 1

    def handle_endtag(self, tag):
        if tag in ("ol", "ul"):
            self.lists.pop()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_steps_keep_their_numbers_on_the_site(page):
    markdown = pytest.importorskip("markdown")
    extensions = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["markdown_extensions"]
    names = [name for each in extensions for name in ([each] if isinstance(each, str) else each)]
    text = page.read_text("utf-8")
    steps = Steps()
    steps.feed(markdown.markdown(text, extensions=names))
    without_programs = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    written = re.findall(r"^ *(\d+)\. ", without_programs, re.MULTILINE)
    assert steps.numbers == [int(number) for number in written]
