"""Placebo tests as the answer to a question of chance, with what a reader must know about them."""

from __future__ import annotations

from impacteval.estimates import NoUncertainty
from impacteval.estimators.synthetic_control import classic_words as words
from impacteval.estimators.synthetic_control.chance import Inference, Question
from impacteval.estimators.synthetic_control.effect import Answer
from impacteval.estimators.synthetic_control.placebo import (
    Placebos,
    Statistic,
    band,
    placebos,
    tables,
)
from impacteval.values import Message


def placebo_inference(
    question: Question, *, statistic: Statistic, max_pre_fit: float | None, draws: int
) -> Inference:
    """Chance as placebos measure it.

    Parameters
    ----------
    question : Question
    statistic : {"rmspe-ratio", "signed-ratio"}
        What placebos are ranked by.
    max_pre_fit : float or None
        How many times the real one's miss from before a placebo may have.
    draws : int
        Placements drawn where several places are served.
    """
    panel = question.panel
    placed = placebos(
        panel, question.fitter, draws=draws, max_pre_fit=max_pre_fit, rng=question.rng
    )
    donors, effect = placed.before[panel.donors], question.effect
    if not placed.tells:
        answer = Answer(effect, NoUncertainty(effect))
        return Inference(answer, (), (words.no_test(),), tables(placed), donors=donors)
    distribution = placed.distribution(statistic)
    open_ended = not distribution.interval(question.level).bounded
    tested = words.tested(statistic, placed.compared, every=placed.every, served=len(panel.served))
    return Inference(
        answer=Answer(effect, distribution),
        sentences=(tested, words.inverted()),
        notes=tuple(_notes(placed, question.level, open_ended=open_ended)),
        tables=tables(placed),
        band=band(placed, statistic, question.level),
        donors=donors,
    )


def _notes(placed: Placebos, level: float, *, open_ended: bool) -> list[Message]:
    notes = []
    endless = placed.ranks().endless
    if endless:
        notes.append(words.endless(endless))
    left_out = int((~placed.kept).sum())
    if left_out and placed.max_pre_fit is not None:
        notes.append(words.filtered(left_out, placed.max_pre_fit))
    if placed.compared * (1.0 - level) < 1.0 - 1e-9:
        notes.append(words.few_placements(placed.compared))
    elif open_ended:
        notes.append(words.open_ended())
    return notes
