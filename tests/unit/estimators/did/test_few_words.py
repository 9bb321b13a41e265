"""Every sentence of `few-treated` in both languages, for one and for several."""

from __future__ import annotations

import pytest

from impacteval.estimators.did import few_words as words
from impacteval.render.format import fill
from impacteval.values import Scale

MESSAGES = [
    words.covariates(["age", "sex"]),
    words.seen_once(),
    *(words.several_starts([f"p{k}" for k in range(n)]) for n in (1, 4)),
    *(words.missing_cells([f"p{k}" for k in range(n)], n) for n in (1, 4)),
    *(words.too_few_compared(n) for n in (0, 1)),
    words.too_many(501, 500),
    words.wild_one(),
    *(words.wild_alone([f"p{k}" for k in range(n)]) for n in (1, 2)),
    words.wild_relative(),
    words.studentised_few(),
    words.no_total(),
    words.standardised(),
    words.few_placements(12),
    words.sizes_unknown(),
    *(words.sizes_beyond([f"p{k}" for k in range(n)]) for n in (1, 2)),
    words.wild_few(3),
    *(words.target_places(n, n) for n in (1, 2)),
    *(words.formed(n, 19, equal=equal) for n in (1, 2) for equal in (True, False)),
    *(
        words.tested(how, studentised=False)
        for how in ("conley-taber", "ferman-pinto", "randomisation")
    ),
    words.tested("randomisation", studentised=True),
    words.exact(20),
    words.sampled(999),
    *(words.wild(12, 4096, every=every) for every in (True, False)),
    *(words.inverted(scale) for scale in (Scale.DIFFERENCE, Scale.RELATIVE)),
]


@pytest.mark.parametrize("told", MESSAGES, ids=lambda m: m.key)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_sentence_is_whole(told, language):
    said = fill(told, language)
    assert said.endswith(".")
    assert "{" not in said
    assert "|" not in said


def test_one_and_several_are_told_apart():
    one, four = (fill(words.sizes_beyond([f"p{k}" for k in range(n)]), "fr") for n in (1, 4))
    assert "1 lieu servi est plus petit ou plus grand" in one
    assert "4 lieux servis sont plus petits ou plus grands" in four
    assert four.count("p0, p1, p2, …") == 1
    assert "1 place (p0) has nobody" in fill(words.missing_cells(["p0"], 1), "en")
    assert "4 places (p0, p1, p2, …) have nobody" in fill(
        words.missing_cells([f"p{k}" for k in range(4)], 4), "en"
    )
