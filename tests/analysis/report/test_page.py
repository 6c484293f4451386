import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pandas as pd
import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from tests.support.reported import Given, write_evaluation, write_run

HOSTILE = "<script>alert(1)</script>&\"'$x_1$"
SECTIONS = ["Verdict", "Agents", "Learning curves", "Profiles", "Indicators over an episode", "Rates and delays", "Map",
            "Config differences", "Runs that are not complete", "Runs, versions, hashes"]  # fmt: skip


def netgym(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


class Page(HTMLParser):
    """Tags and attributes of a page, its headings, and the texts of its cells and of its verdict."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.heads, self.texts, self._at = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self._at.append(tag)

    def handle_endtag(self, tag):
        while self._at and self._at.pop() != tag:
            pass

    def handle_data(self, data):
        if self._at and self._at[-1] == "h2":
            self.heads.append(data)
        if self._at and self._at[-1] in ("td", "p"):
            self.texts.append(data)


def numbers_in(texts):
    """Every number in the texts, without its sign."""
    return {match.lstrip("-") for text in texts for match in re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?", text)}


def test_every_section_is_there_and_nothing_is_loaded(made):
    _, text, _ = made
    page = Page(text)
    assert page.heads == SECTIONS
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "foreignobject"}
    policy = next(attrs for tag, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    links = [attrs[key] for _, attrs in page.tags for key in ("href", "xlink:href", "src") if key in attrs]
    assert links and all(link.startswith("#") for link in links)
    assert "url(http" not in text and "@import" not in text


def test_the_figures_are_whole_and_their_ids_differ(made):
    told, text, _ = made
    figures = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(figures) == told.figures == 11
    ids = [found for figure in figures for found in re.findall(r'\bid="([^"]+)"', figure)]
    assert len(ids) == len(set(ids))
    for figure in figures:
        ET.fromstring(figure)
        assert set(re.findall(r"url\(#([^)]+)\)", figure)) <= set(ids)
        assert "currentColor" in figure and "<text" in figure and "<title>" in figure


def test_every_number_of_the_page_is_in_the_tables(made, study):
    _, text, tables = made
    cells = [value for table in tables.values() for column in table for value in [column, *table[column].dropna()]]
    known = numbers_in(map(str, cells))
    known |= numbers_in(f"{value:.4g}" for value in cells if isinstance(value, float | int))
    known |= {f"{value:.0f}" for value in cells if isinstance(value, float | int)}
    said = {"95", "20", "80", "0.5", "256"}  # levels of intervals, bands and shares, which captions name
    shown = Page(text).texts
    assert numbers_in(shown) - known <= said
    assert len(numbers_in(shown)) > 100


def test_the_one_long_table_holds_the_same_numbers(made, study, tmp_path):
    _, _, tables = made
    csv, png = tmp_path / "all.csv", tmp_path / "png"
    done = netgym("report", study[1], "-o", tmp_path / "r.html", "--csv", csv, "--png", png)
    assert done.exit_code == 0, done.output
    long = pd.read_csv(csv)
    assert len(set(long["drawn"])) == 7 and set(long["drawn"]) < set(tables)
    mine = long[(long["drawn"] == "profile_walk") & (long["column"] == "share")]["value"].astype(float)
    assert mine.tolist() == tables["profile_walk"]["share"].tolist()
    assert {path.stem for path in png.iterdir()} == {"returns_walk", "profile_walk", "improvement_walk"}
    assert "more than system_default." in done.output and "3 figures" in done.output


def test_names_are_text_and_nothing_else(tmp_path):
    """In a file's name there is no slash, but the agent's name and the error may have any letter."""
    error = {"type": "Broken", "message": HOSTILE}
    runs = [write_run(tmp_path / "<img src=x>" / "a&b", Given(HOSTILE))]
    write_run(tmp_path / "<img src=x>" / "c", Given(HOSTILE, 3, "failed", error=error))
    evaluation = write_evaluation(tmp_path / "<i>", {HOSTILE: runs})
    done = netgym("report", tmp_path / "<img src=x>", evaluation, "-o", tmp_path / "r.html", "--csv", tmp_path / "csv")
    assert done.exit_code == 0, done.output
    text = (tmp_path / "r.html").read_text()
    assert not {tag for tag, _ in Page(text).tags} & {"script", "img", "i", "alert"}
    assert "&lt;script&gt;alert(1)" in text and "$x_1$" in text
    assert all(path.parent == tmp_path / "csv" for path in (tmp_path / "csv").rglob("*.csv"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere"], "'nowhere' holds neither a run nor an evaluation; give the folder of a run"),
        (["{grid}", "-o", "page.pdf"], "--output is 'page.pdf'; allowed: a file name that ends in .html, .htm"),
        (["{grid}", "--baseline", "nada"], "--baseline is 'nada'; allowed: none, as there is no evaluation"),
        (["{evaluated}", "--baseline", "nada"], "--baseline is 'nada'; allowed: random, system_default, ppo"),
        (["{evaluated}", "-o", "/proc/nothing/r.html"], "cannot write '/proc/nothing/r.html'"),
    ],
)
def test_what_cannot_be_reported(study, words, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    grid, evaluated = study
    done = netgym("report", *(word.format(grid=grid, evaluated=evaluated) for word in words))
    assert (done.exit_code, told in done.stderr, done.stderr.count("\n")) == (2, True, 1), done.output
    assert not list(tmp_path.iterdir())
