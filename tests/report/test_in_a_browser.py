"""The page in a browser: it fits the window, says nothing in the console, and asks for nothing."""

import json
import re
import shutil
import subprocess
from html import escape, unescape

import pytest
from made_study import Made, write_report

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
LOOK = """<script>addEventListener("load", () => {
  const width = document.documentElement.clientWidth
  const scrolls = node => node.closest(".wide, svg, pre")
  const beyond = [...document.querySelectorAll("body *")].filter(
    node => !scrolls(node) && node.getBoundingClientRect().right > width + 1)
  const pictures = [...document.images].filter(image => !image.naturalWidth)
  const bottoms = row => new Set([...row.cells].map(
    cell => Math.round(cell.getBoundingClientRect().bottom)))
  const uneven = [...document.querySelectorAll("tbody tr")].filter(
    row => row.checkVisibility() && bottoms(row).size > 1)
  document.body.dataset.found = JSON.stringify({
    uneven: uneven.slice(0, 3).map(row => row.outerHTML.slice(0, 200)),
    beyond: beyond.slice(0, 5).map(node => node.outerHTML.slice(0, 80)),
    scrolled: document.documentElement.scrollWidth - width,
    broken: pictures.length, pictures: document.images.length,
    fetched: performance.getEntriesByType("resource").map(one => one.name)
      .filter(name => !name.startsWith("data:"))})
})</script>"""


FRAMED = """<body><iframe style="border:0;width:{width}px;height:900px" srcdoc="{page}"></iframe>
<script>addEventListener("load", () => {{
  document.body.dataset.found = document.querySelector("iframe").contentDocument.body.dataset.found
}})</script></body>"""
TAB = """<script>addEventListener("load", () => {
  const stops = [...document.querySelectorAll("a[href], summary, [tabindex]")]
    .filter(node => node.checkVisibility() && node.tabIndex >= 0)
  const told = stops.map(node => { node.focus()
    return node === document.activeElement })
  document.body.dataset.found = JSON.stringify({
    first: stops[0].className, second: stops[1].closest("nav") !== null,
    stops: stops.length, deaf: told.filter(one => !one).length,
    summaries: stops.filter(node => node.tagName === "SUMMARY").length})
})</script>"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    made = Made(good=2, flagged=1, columns=(("a long name of a column", "x" * 60),))
    return write_report(tmp_path_factory.mktemp("page"), made, title="A study " + "long " * 30)


def opened(text, folder, width):
    """The browser's process after it has opened a page."""
    file = folder / "page.html"
    file.write_text(text)
    quiet = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
    own = (f"--user-data-dir={folder}/browser", f"--window-size={width},900")
    command = [BROWSER, *quiet, *own, "--enable-logging=stderr", "--dump-dom", file.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


@pytest.fixture(scope="module")
def _browser(tmp_path_factory):
    """Skips where there is none, or one that may not read files here (a snap, say)."""
    if not BROWSER:
        pytest.skip("no chromium here")
    plain = "<html><body><p>it opens</p></body></html>"
    if "it opens" not in opened(plain, tmp_path_factory.mktemp("plain"), 800).stdout:
        pytest.skip(f"{BROWSER} opens no file here")


@pytest.mark.usefixtures("_browser")
@pytest.mark.parametrize("width", [1280, 800, 500])
def test_nothing_is_wider_than_the_window_and_nothing_is_fetched(page, tmp_path, width):
    done = opened(page.replace("</body>", f"{LOOK}</body>"), tmp_path, width)
    (found,) = re.findall(r'data-found="([^"]*)"', done.stdout)
    found, console = json.loads(unescape(found)), re.findall(r".*CONSOLE.*", done.stderr)
    assert found.pop("pictures") > 5
    assert found == {"uneven": [], "beyond": [], "scrolled": 0, "broken": 0, "fetched": []}
    assert console == []


@pytest.mark.usefixtures("_browser")
def test_a_phone_shows_all_of_it_within_its_width(page, tmp_path):
    """A frame of a phone's width: a window cannot be made so narrow."""
    inner = escape(page.replace("</body>", f"{LOOK}</body>"))
    done = opened(FRAMED.format(width=390, page=inner), tmp_path, 800)
    (found,) = re.findall(r'<body data-found="([^"]*)"', done.stdout)
    found = json.loads(unescape(found))
    assert found.pop("pictures") > 5
    assert found == {"uneven": [], "beyond": [], "scrolled": 0, "broken": 0, "fetched": []}


@pytest.mark.usefixtures("_browser")
def test_the_keyboard_reaches_every_link_table_and_what_is_folded(page, tmp_path):
    done = opened(page.replace("</body>", f"{TAB}</body>"), tmp_path, 1280)
    (found,) = re.findall(r'data-found="([^"]*)"', done.stdout)
    found = json.loads(unescape(found))
    assert (found["first"], found["second"], found["deaf"]) == ("skip", True, 0)
    assert found["stops"] > 30
    assert found["summaries"] >= 2
