"""A record whose first finding has a graph of causes, with every part that a thing can play."""

from __future__ import annotations

import sys
from pathlib import Path

from impacteval.report.record import Record
from impacteval.report.record_causes import CauseArrow, CauseNode, CausesFacts
from impacteval.report.record_values import Both, Said
from impacteval.values import Message, Text

sys.path.insert(0, str(Path(__file__).parents[2]))
from example_record import job_training

NODES = (
    ("age", "Age", "Âge", "held"),
    ("offered", "being served", "être servi", "service"),
    ("need", "Need at the first interview", "Besoin lors du premier entretien", "held"),
    ("days", "Days in work over two years", "Jours travaillés en deux ans", "outcome"),
    ("drive", "drive", "motivation", "hidden"),
    ("skills", "skills at the end", "compétences à la fin", "measured"),
)
ARROWS = (
    ("age", "offered"),
    ("age", "days"),
    ("need", "offered"),
    ("need", "days"),
    ("drive", "offered"),
    ("drive", "days"),
    ("offered", "skills"),
    ("skills", "days"),
)


def facts(arrows: tuple[tuple[str, str], ...] = ARROWS) -> CausesFacts:
    """The graph with its sentences."""
    closed = Text(en="Alike in {held:text}.", fr="Semblables : {held:text}.")
    held = Text(en="Age, Need", fr="Âge, Besoin")
    way = Text(en="being served ← drive → Days", fr="être servi ← motivation → Jours")
    assumed = Text(en="It stays open: {way:text}.", fr="Elle reste ouverte : {way:text}.")
    return CausesFacts(
        nodes=tuple(
            CauseNode(name=name, label=Both(en=en, fr=fr), kind=kind)
            for name, en, fr, kind in NODES
        ),
        arrows=tuple(CauseArrow(cause=a, effect=b) for a, b in arrows),
        said=(Said.of(Message("causes.closed", closed, {"held": held})),),
        assumed=(Said.of(Message("causes.assumed", assumed, {"way": way})),),
    )


def with_causes() -> Record:
    """The whole record."""
    base = job_training()
    finding = base.findings[0].model_copy(update={"causes": facts()})
    return base.model_copy(update={"findings": (finding, *base.findings[1:])})
