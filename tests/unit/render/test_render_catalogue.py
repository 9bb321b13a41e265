"""The report's own sentences: complete in each language, all used, and nowhere else."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

import impacteval.render
from impacteval.render.catalogue import Words, places, texts
from impacteval.values import Language

RENDER = Path(str(resources.files("impacteval.render")))


def test_both_languages_have_the_same_keys() -> None:
    assert list(texts(Language.EN)) == list(texts(Language.FR))


@pytest.mark.parametrize("key", sorted(texts(Language.EN)))
def test_both_languages_have_the_same_places(key: str) -> None:
    english, french = texts(Language.EN)[key], texts(Language.FR)[key]
    assert english.strip()
    assert french.strip()
    assert places(english) == places(french)


def test_every_text_is_used() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in RENDER.glob("*.py"))
    written = set(re.findall(r"""["']([a-z_]+(?:\.[a-z_]+)+)["']""", sources))
    families = set(re.findall(r"""f["']([a-z_]+\.[a-z_]*)\{""", sources))
    unused = [
        key
        for key in texts(Language.EN)
        if key not in written and not any(key.startswith(family) for family in families)
    ]
    assert unused == []


def test_every_text_that_is_asked_for_exists() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in RENDER.glob("*.py"))
    asked = re.findall(r"""\bwords\(\s*["']([^"']+)["']""", sources)
    assert asked
    assert [key for key in asked if key not in texts(Language.EN)] == []


@pytest.mark.parametrize("name", sorted(p.name for p in (RENDER / "templates").glob("*.jinja")))
def test_no_html_template_holds_a_sentence(name: str) -> None:
    template = (RENDER / "templates" / name).read_text(encoding="utf-8")
    bare = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", "", template, flags=re.DOTALL)
    bare = re.sub(r"<style>.*?</style>", "", bare, flags=re.DOTALL)
    shown = re.sub(r"<[^>]*>", "", bare)
    assert re.findall(r"[^\W\d_]{2,}", shown) == []
    attributes = re.findall(r'(?:alt|title|aria-label|placeholder)="([^"]*)"', bare)
    assert [text for text in attributes if text.strip()] == []


def test_the_typst_template_holds_no_sentence() -> None:
    template = (RENDER / "templates" / "report.typ").read_text(encoding="utf-8")
    bare = "\n".join(line for line in template.splitlines() if not line.strip().startswith("//"))
    quoted = [text for text in re.findall(r'"([^"\n]*)"', bare) if " " in text]
    assert set(quoted) <= {"Libertinus Serif", "DejaVu Sans Mono"}


def test_a_missing_key_or_value_is_an_error() -> None:
    words = Words(Language.EN)
    with pytest.raises(KeyError):
        words("no.such_text")
    with pytest.raises(KeyError):
        words("operator.at_least")


def test_the_door_of_the_package_is_small() -> None:
    assert impacteval.render.__all__ == ["explain", "write"]
