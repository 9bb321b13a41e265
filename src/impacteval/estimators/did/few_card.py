"""What a reader must know about `few-treated`, with the limits that were measured."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

FEW_TREATED = MethodCard(
    title=Text(en="Few places served", fr="Peu de lieux servis"),
    description=Text(
        en="x",
        fr="x",
    ),
    assumptions=(Text(en="x", fr="x"),),
    limits=(Text(en="x", fr="x"),),
    references=("x",),
    designs=("did",),
    scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL),
    handles=("repeated_cross_section",),
)
