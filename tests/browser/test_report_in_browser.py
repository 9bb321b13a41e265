"""The HTML report in a real browser: accessible, fits every screen, loads nothing, prints."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from impacteval.render.document import document
from impacteval.render.html import html

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "render"))
from example_mix import mixed_many
from example_record import job_training
from example_strained import strained

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: pages not looked at"),
]

RECORDS = {"job-training": job_training, "strained": strained, "mixes": mixed_many}
CASES = [(name, language) for name in RECORDS for language in ("en", "fr")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module", params=CASES, ids=["-".join(case) for case in CASES])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    name, language = request.param
    file: Path = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(html(document(RECORDS[name](), language)), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def tab(browser: Any) -> Iterator[Any]:
    opened = browser.new_page()
    opened.requests = []
    opened.on("request", lambda sent: opened.requests.append(sent.url))
    yield opened
    opened.close()


@pytest.fixture
def page(report: Path, tab: Any) -> Any:
    tab.requests.clear()
    tab.set_viewport_size({"width": 1000, "height": 800})
    tab.goto(report.as_uri())
    return tab


def test_no_accessibility_violation(page: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_runs_off_the_screen(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    inside = """() => [...document.querySelectorAll('body *')]
        .filter(e => !e.closest('.scroll, pre, svg, .skip, .hidden'))
        .filter(e => e.getBoundingClientRect().right > window.innerWidth + 0.5)
        .map(e => e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 60))"""
    assert page.evaluate(inside) == []


def test_labels_of_drawings_stay_inside_them(page: Any) -> None:
    outside = """() => [...document.querySelectorAll('.picture svg text')].filter(t => {
        const box = t.getBoundingClientRect();
        const frame = t.closest('svg').getBoundingClientRect();
        return box.left < frame.left - 1 || box.right > frame.right + 1;
    }).map(t => t.textContent)"""
    assert page.evaluate(outside) == []


def test_the_page_asks_the_network_for_nothing(page: Any) -> None:
    assert len(page.requests) == 1
    assert page.requests[0].startswith("file:")


def test_the_label_stays_in_sight(page: Any) -> None:
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    top = page.evaluate("document.querySelector('.label').getBoundingClientRect().top")
    assert top == 0


def test_the_skip_link_is_the_first_stop(page: Any) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0


def test_the_landmarks_are_there(page: Any) -> None:
    for landmark in ("header", "main", "nav", "footer"):
        assert page.locator(landmark).count() == 1


def test_every_table_has_headers_that_say_what_they_head(page: Any) -> None:
    assert page.locator("th:not([scope])").count() == 0
    assert page.locator("table:not(:has(caption))").count() == 0


def test_it_prints_with_the_label_on_every_page(page: Any, tmp_path: Path) -> None:
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext (poppler) is not installed: the print cannot be read back")
    from reading import pdf_pages, squeezed

    file = tmp_path / "print.pdf"
    page.pdf(path=str(file), prefer_css_page_size=True)
    label = squeezed(page.locator(".label").inner_text())
    printed = pdf_pages(file)
    assert len(printed) > 3
    assert [n for n, text in enumerate(printed, start=1) if label not in text] == []


def test_the_answer_is_said_by_word_and_shape_not_by_colour_alone(page: Any) -> None:
    for article in page.locator("article.clause").all():
        assert article.locator(".status").inner_text().strip()
        assert article.locator("h3 svg use").count() == 1
