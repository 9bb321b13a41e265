"""What the report says of numbers that are compared with nobody in the data."""

from __future__ import annotations

from collections.abc import Mapping

from impacteval.values import Text

UNCOMPARED: Mapping[str, tuple[Text, Text]] = {
    "count-nothing": (
        Text(
            en="There is no comparison: what would have happened otherwise was not estimated.",
            fr="Il n'y a pas de comparaison : ce qui se serait passé autrement n'a pas été estimé.",
        ),
        Text(
            en="{served:int} cases on the list, compared with nobody.",
            fr="{served:int} dossiers sur la liste, qui ne sont comparés à personne.",
        ),
    ),
    "count-figure": (
        Text(
            en="Those served are compared with a stated figure, which is taken as known.",
            fr="Les bénéficiaires sont comparés à un chiffre indiqué, tenu pour connu.",
        ),
        Text(
            en="{served:int} served, compared with nobody in the data.",
            fr="{served:int} bénéficiaires, qui ne sont comparés à personne dans les données.",
        ),
    ),
    "count-data": (
        Text(
            en="Those served are compared with people of an earlier period.",
            fr="Les bénéficiaires sont comparés à des personnes d'une période antérieure.",
        ),
        Text(
            en="{served:int} served, compared with {others:int} of an earlier period.",
            fr="{served:int} bénéficiaires, comparés à {others:int} personnes d'une période antérieure.",
        ),
    ),
}
"""By what they are held against: what the design is, and how many are compared."""
