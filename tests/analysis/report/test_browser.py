"""The page in a real Chromium: nothing on its console, nothing asked for, nothing wider than the window."""

import json
import re
import shutil
import subprocess

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# What the page is like, as the title of the document; the page itself has no script and allows none.
PROBE = """<!DOCTYPE html><title>?</title><iframe id=f width={width} height=4000 style="border:0"></iframe><script>
const frame = document.getElementById("f")
frame.onload = () => {{
  const page = frame.contentDocument, root = page.documentElement, shown = [...page.querySelectorAll("svg")]
  const outside = [...page.querySelectorAll("body *")].filter(part => !part.closest(".wide, svg *") &&
    part.getBoundingClientRect().right > root.clientWidth + 1)
  const told = {{wide: root.scrollWidth, window: root.clientWidth, figures: shown.length, outside: outside.length,
    seen: shown.filter(part => part.getBoundingClientRect().width > 200 && part.getBBox().height > 50).length,
    page: frame.contentWindow.getComputedStyle(page.body).backgroundColor,
    text: frame.contentWindow.getComputedStyle(page.querySelector("svg text")).fill}}
  document.title = "told"; document.body.dataset.told = JSON.stringify(told)
}}
frame.src = "{page}"
</script>"""
# Its console on stderr, and nothing that it would ask for on its own.
LOGGED = ("--dump-dom", "--enable-logging=stderr", "--v=0", "--disable-background-networking", "--disable-sync",
          "--disable-component-update", "--no-first-run", "--disable-default-apps",
          "--disable-features=OptimizationHints,MediaRouter")  # fmt: skip
pytestmark = [pytest.mark.long, pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")]


@pytest.fixture(scope="module")
def page(made, tmp_path_factory):
    path = tmp_path_factory.mktemp("browser") / "page.html"
    path.write_text(made[1])
    return path


def chromium(folder, url, width, *options):
    """Runs it without any network; returns what it wrote to its two outputs."""
    words = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND",
             f"--user-data-dir={folder / 'profile'}", f"--window-size={width},900", *options, url]  # fmt: skip
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@pytest.mark.parametrize("scheme", [0, 1], ids=["dark", "light"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_its_window_with_all_figures(page, made, width, scheme, tmp_path):
    probe = tmp_path / "probe.html"
    probe.write_text(PROBE.format(width=width, page=page.as_uri()))
    options = ["--dump-dom", "--virtual-time-budget=20000", "--allow-file-access-from-files"]
    dom, _ = chromium(tmp_path, probe.as_uri(), 1400, *options, f"--blink-settings=preferredColorScheme={scheme}")
    told = json.loads(re.search(r'data-told="([^"]*)"', dom)[1].replace("&quot;", '"'))
    assert told["figures"] == told["seen"] == made[0].figures
    assert told["wide"] <= told["window"] and told["outside"] == 0
    light, dark = ("rgb(255, 255, 255)", "rgb(27, 27, 28)"), ("rgb(22, 24, 27)", "rgb(230, 230, 227)")
    assert (told["page"], told["text"]) == (light if scheme else dark)


def test_nothing_is_said_on_the_console_and_nothing_is_asked_for(page, tmp_path):
    log = tmp_path / "net.json"
    dom, told = chromium(tmp_path, page.as_uri(), 1280, *LOGGED, f"--log-net-log={log}")
    assert "</html>" in dom and "CONSOLE" not in told, told
    assert not _asked(log)


def test_the_console_and_the_log_would_have_said_something(page, tmp_path):
    """What the test above looks for is what Chromium writes of a page that breaks its policy, or asks for something."""
    broken = tmp_path / "broken.html"
    broken.write_text(page.read_text().replace("<main>", '<main><img src="file:///nowhere.png"><script>1</script>'))
    log = tmp_path / "net.json"
    _, told = chromium(tmp_path, broken.as_uri(), 1280, *LOGGED, f"--log-net-log={log}")
    assert "CONSOLE" in told and "Content Security Policy" in told
    free = tmp_path / "free.html"
    free.write_text('<img src="http://127.0.0.1:9/x.png">')
    chromium(tmp_path, free.as_uri(), 1280, *LOGGED, f"--log-net-log={log}")
    assert "http://127.0.0.1:9/x.png" in _asked(log)


def _asked(log):
    """The addresses of all requests in Chromium's own log of its network, but for those of its makers' services."""
    found = re.findall(r'"url":"((?:https?|wss?|ftp)://[^"]*)"', log.read_text())
    return {url for url in found if not re.match(r"https?://[\w.-]+\.(google|googleapis|gvt1)\.com/", url)}
