"""Writing a report: whole or not at all, the same bytes, self-contained, labelled."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pikepdf
import pytest
from example_record import both, job_training, said
from example_strained import strained
from reading import pdf_pages, squeezed

from impacteval.errors import UsageError
from impacteval.render import write
from impacteval.render.document import SECTIONS, document
from impacteval.render.format import pick
from impacteval.render.html import css_string, html
from impacteval.render.pdf import pdf
from impacteval.render.write import build
from impacteval.report.record import Record

RECORDS = {"job-training": job_training, "strained": strained}


@pytest.fixture(params=sorted(RECORDS))
def record(request: pytest.FixtureRequest) -> Record:
    return RECORDS[request.param]()


def test_every_file_appears(tmp_path: Path) -> None:
    paths = write(job_training(), tmp_path / "a" / "b")
    assert [p.name for p in paths] == [
        "verdict.json",
        "report.en.html",
        "report.en.pdf",
        "report.en.md",
        "report.fr.html",
        "report.fr.pdf",
        "report.fr.md",
    ]
    assert sorted(p.name for p in (tmp_path / "a" / "b").iterdir()) == sorted(p.name for p in paths)


def test_only_what_is_asked_for_appears(tmp_path: Path) -> None:
    paths = write(job_training(), tmp_path, languages=["fr"], formats=["html"])
    assert [p.name for p in paths] == ["report.fr.html"]


def test_what_verify_returns_is_accepted(tmp_path: Path) -> None:
    class Report:
        record = job_training()

    write(Report(), tmp_path, formats=["json"])
    assert Record.model_validate_json((tmp_path / "verdict.json").read_bytes()) == Report.record


def test_the_record_is_canonical_text(tmp_path: Path) -> None:
    write(job_training(), tmp_path, formats=["json"])
    text = (tmp_path / "verdict.json").read_text(encoding="utf-8")
    again = json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert text == again
    assert json.loads(text)["format"] == "impacteval-verdict/1"


def test_the_same_record_gives_the_same_bytes(record: Record) -> None:
    assert build(record) == build(record)


def test_another_process_gives_the_same_bytes() -> None:
    code = (
        "import sys, hashlib; sys.path.insert(0, sys.argv[1]);"
        "from example_record import job_training; from impacteval.render.write import build;"
        "files = build(job_training(), languages=['fr']);"
        "print(hashlib.sha256(b''.join(files[n] for n in sorted(files))).hexdigest())"
    )
    here = str(Path(__file__).parent)
    digests = {
        subprocess.run(
            [sys.executable, "-c", code, here],
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
            env={"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C", "HOME": here},
        ).stdout.strip()
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    files = build(job_training(), languages=["fr"])
    own = hashlib.sha256(b"".join(files[name] for name in sorted(files))).hexdigest()
    assert digests == {own}


def test_a_failure_leaves_the_folder_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(job_training(), tmp_path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    broken = job_training()
    box = broken.page_one.model_copy(update={"headline": said("{x:colour}", "{x:colour}", x="1")})
    with pytest.raises(ValueError, match="colour"):
        write(broken.model_copy(update={"page_one": box}), tmp_path)
    real = Path.replace

    def full(self: Path, target: Path) -> Path:
        if target.suffix == ".json":
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UsageError, match="No space left on device"):
        write(strained(), tmp_path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="cannot be written"):
        write(job_training(), tmp_path / "file", formats=["json"])
    (tmp_path / "out" / "verdict.json").mkdir(parents=True)
    with pytest.raises(UsageError, match="is a folder"):
        write(job_training(), tmp_path / "out", formats=["json"])
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["verdict.json"]


@pytest.mark.parametrize(
    ("languages", "formats", "problems"),
    [
        (["de"], ["html", "docx"], 2),
        ([], ["html"], 1),
        ("en", ["html"], 1),
        (["en"], [], 1),
    ],
)
def test_every_wrong_wish_is_named(
    tmp_path: Path, languages: list[str], formats: list[str], problems: int
) -> None:
    with pytest.raises(UsageError) as error:
        write(job_training(), tmp_path / "out", languages=languages, formats=formats)
    assert len(error.value.problems) == problems
    assert not (tmp_path / "out").exists()


# --- the HTML stands alone -----------------------------------------------------------------------


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("src", "href", "xlink:href", "srcset", "data", "action", "poster"):
                self.links.append(value or "")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))


def _parsed(page: str) -> _Page:
    parser = _Page()
    parser.feed(page)
    return parser


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_html_loads_nothing_and_runs_nothing(record: Record, language: str) -> None:
    page = html(document(record, language))
    parsed = _parsed(page)
    assert [link for link in parsed.links if not link.startswith("#")] == []
    assert not {"script", "link", "iframe", "object", "embed", "form", "img"} & set(parsed.tags)
    assert "@import" not in page
    assert re.findall(r"url\((?!#)", page) == []
    assert f'<html lang="{language}">' in page


@pytest.mark.parametrize("language", ["en", "fr"])
def test_ids_are_unique_and_links_lead_somewhere(record: Record, language: str) -> None:
    parsed = _parsed(html(document(record, language)))
    assert len(parsed.ids) == len(set(parsed.ids))
    assert {link[1:] for link in parsed.links} <= set(parsed.ids)


def test_headings_descend_one_step_at_a_time(record: Record) -> None:
    headings = _parsed(html(document(record, "en"))).headings
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(headings))


def test_what_a_file_says_never_becomes_markup() -> None:
    nasty = '<script>alert("1")</script> #panic("x") {{ 7*7 }} `raw` *bold* </style>'
    record = job_training()
    study = record.study.model_copy(
        update={"title": both(nasty, nasty), "label": both(nasty, nasty)}
    )
    changed = record.model_copy(update={"study": study})
    page = document(changed, "en")
    text = html(page)
    assert "<script" not in text
    assert text.count("</style>") == 1
    assert b"%PDF" in pdf(page)[:8]


def test_a_text_becomes_a_string_of_css() -> None:
    assert (
        css_string('a"b\\</style>\n') == '"a\\000022b\\00005c\\00003c\\00002fstyle\\00003e\\00000a"'
    )


# --- the PDF -------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_pdf_page_carries_the_label_and_its_number(
    record: Record, language: str, tmp_path: Path
) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(pdf(document(record, language)))
    pages = pdf_pages(file)
    assert record.study.label is not None
    label = squeezed(pick(record.study.label, language))
    assert len(pages) >= 6
    for number, page in enumerate(pages, start=1):
        assert label in page
        assert f"{number}/{len(pages)}" in page


def test_a_study_without_a_label_has_none(tmp_path: Path) -> None:
    record = job_training()
    study = record.study.model_copy(update={"label": None, "illustrative": False})
    page = document(record.model_copy(update={"study": study}), "en")
    assert 'class="label"' not in html(page)
    file = tmp_path / "report.pdf"
    file.write_bytes(pdf(page))
    assert all("Illustrative" not in text for text in pdf_pages(file))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_pdf_is_tagged_and_knows_its_language(
    record: Record, language: str, tmp_path: Path
) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(pdf(document(record, language)))
    with pikepdf.open(file) as read:
        root = read.Root
        assert bool(root.MarkInfo.Marked)
        assert str(root.Lang).startswith(language)
        assert root.ViewerPreferences.DisplayDocTitle
        with read.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_page_one_of_a_study_with_two_clauses_is_one_page(language: str, tmp_path: Path) -> None:
    clauses = strained().page_one.clauses
    record = job_training()
    for chosen in (record.page_one.clauses, (record.page_one.clauses[0], clauses[3])):
        page = record.page_one.model_copy(update={"clauses": chosen})
        shown = document(record.model_copy(update={"page_one": page}), language)
        file = tmp_path / "report.pdf"
        file.write_bytes(pdf(shown))
        pages = pdf_pages(file)
        assert squeezed(shown.page_one.notes[-1].lines[-1]) in pages[0]
        assert squeezed(shown.contents_heading) in pages[1]


# --- the document --------------------------------------------------------------------------------


def test_the_sections_stand_in_order_and_none_is_empty(record: Record) -> None:
    for language in ("en", "fr"):
        sections = document(record, language).sections
        assert [s.number for s in sections] == list(range(2, len(SECTIONS) + 2))
        assert all(s.blocks for s in sections)


def test_a_study_that_has_nothing_says_so_in_sentences() -> None:
    record = job_training()
    bare = record.model_copy(
        update={
            "findings": (),
            "counted": (),
            "other_rules": (),
            "money_steps": (),
            "unknowns": (),
            "data": (),
            "access": (),
            "interests": (),
            "deviations": (),
            "contract": record.contract.model_copy(
                update={"parties": (), "sources": (), "sentences": ()}
            ),
            "checklist": record.checklist.model_copy(update={"rows": (), "given": 0}),
            "annex": record.annex.model_copy(update={"digests": {}, "receipts": ()}),
            "page_one": record.page_one.model_copy(
                update={"clauses": (), "left_out": (), "changes": ()}
            ),
        }
    )
    for name, content in build(bare).items():
        assert content, name
    page = html(document(bare, "en"))
    assert "The study keeps no access log." in page
    assert "No outcome was estimated." in page
    assert re.findall(r"<(ul|ol|dl|tbody|table)[^>]*>\s*</\1>", page) == []


def test_a_result_beside_its_threshold_is_never_written_as_the_threshold() -> None:
    record = strained()
    page = html(document(record, "en"))
    work = page[page.index("clause “work”") :]
    work = work[: work.index("</article>")]
    assert "<dd>3.0004<span>" in work
