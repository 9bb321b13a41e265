"""What reports say of a comparison at a cutoff, in both languages."""

from __future__ import annotations

from impacteval.values import Text

DESIGN = (
    Text(
        en=(
            "A cutoff decided who was served. People just on one side of it resemble those just on the "
            "other, and the jump in their results at the cutoff is the effect there. Further from the "
            "cutoff the effect may be another."
        ),
        fr=(
            "Un seuil a décidé de qui était servi. Les personnes situées juste d'un côté ressemblent à "
            "celles situées juste de l'autre, et le saut de leurs résultats au seuil y est l'effet. Loin "
            "du seuil, l'effet peut être différent."
        ),
    ),
    Text(
        en="{served:int} on the side that was served, and {others:int} on the other; those near the cutoff are compared.",
        fr="{served:int} du côté servi et {others:int} de l'autre ; celles proches du seuil sont comparées.",
    ),
)
"""What the design is, and how many are compared."""
