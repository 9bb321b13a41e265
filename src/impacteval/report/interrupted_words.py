"""What the report says of a series that is held against its own past."""

from __future__ import annotations

from impacteval.values import Text

DESIGN = (
    Text(
        en=(
            "The line that the outcome followed before the service is carried on: had nothing else "
            "changed, it shows what would have happened without the service."
        ),
        fr=(
            "La droite que suivait l'indicateur avant le service est prolongée : si rien d'autre n'a "
            "changé, elle montre ce qui se serait passé sans lui."
        ),
    ),
    Text(
        en=(
            "{served:int} served {served:plural:place|places}, compared with {served:plural:its|their} "
            "own past; control series never served: {others:int}."
        ),
        fr=(
            "{served:int} {served:plural:lieu servi comparé à son propre passé|lieux servis comparés à "
            "leur propre passé} ; séries témoins jamais servies : {others:int}."
        ),
    ),
)
"""What shows what would have happened otherwise, and how many are compared."""

FEW = Text(
    en=(
        "The programme was assigned to only {places:int} {places:plural:place|places}: chance is told from how the "
        "outcome moved before, and something else that happened at the start cannot be told from the effect."
    ),
    fr=(
        "Le programme n'a été attribué qu'à {places:int} {places:plural:lieu|lieux} : le hasard se lit dans l'évolution "
        "antérieure de l'indicateur, et ce qui se serait passé par ailleurs au début ne se distingue pas de l'effet."
    ),
)
"""What page 1 warns of."""
