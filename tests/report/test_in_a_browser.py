"""The page in a browser: it fits the window, says nothing in the console, and asks for nothing."""

import json
import re
import shutil
import subprocess
from html import unescape

import pytest
from made_study import Made, write_report

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
LOOK = """<script>addEventListener("load", () => {
  const width = document.documentElement.clientWidth
  const scrolls = node => node.closest(".wide, svg, pre")
  const beyond = [...document.querySelectorAll("body *")].filter(
    node => !scrolls(node) && node.getBoundingClientRect().right > width + 1)
  const pictures = [...document.images].filter(image => !image.naturalWidth)
  document.body.dataset.found = JSON.stringify({
    beyond: beyond.slice(0, 5).map(node => node.outerHTML.slice(0, 80)),
    scrolled: document.documentElement.scrollWidth - width,
    broken: pictures.length, pictures: document.images.length,
    fetched: performance.getEntriesByType("resource").map(one => one.name)
      .filter(name => !name.startsWith("data:"))})
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
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


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
    assert found == {"beyond": [], "scrolled": 0, "broken": 0, "fetched": []}
    assert console == []
