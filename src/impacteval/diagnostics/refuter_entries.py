"""The checks that draw the data anew, as plans and contracts name them."""

from __future__ import annotations

from impacteval.diagnostics.entry import DiagnosticEntry
from impacteval.diagnostics.refuters import (
    PLACEBO_TREATMENT,
    RANDOM_COMMON_CAUSE,
    placebo_treatment,
    random_common_cause,
)
from impacteval.diagnostics.resampling import (
    BOOTSTRAP,
    SUBSET_STABILITY,
    bootstrap,
    subset_stability,
)
from impacteval.values import Text

REFUTERS = (
    DiagnosticEntry(
        PLACEBO_TREATMENT,
        Text(en="Service dealt out at random", fr="Service redistribué au hasard"),
        Text(
            en="Does the method find an effect of a service that nobody had?",
            fr="La méthode trouve-t-elle un effet d'un service que personne n'a eu ?",
        ),
        Text(
            en="Average effect of a service dealt out anew at random, on the planned scale",
            fr="Effet moyen d'un service redistribué au hasard, sur l'échelle prévue",
        ),
        placebo_treatment,
        ("draws",),
        planned=True,
    ),
    DiagnosticEntry(
        RANDOM_COMMON_CAUSE,
        Text(en="Covariates of pure chance", fr="Covariables de pur hasard"),
        Text(
            en="Does the effect move when something that means nothing is allowed for?",
            fr="L'effet bouge-t-il quand on tient compte de quelque chose qui ne veut rien dire ?",
        ),
        Text(
            en="Typical move of the effect with covariates of pure chance, on the planned scale",
            fr="Déplacement typique de l'effet avec des covariables de pur hasard, sur l'échelle prévue",
        ),
        random_common_cause,
        ("draws", "covariates"),
        planned=True,
    ),
    DiagnosticEntry(
        SUBSET_STABILITY,
        Text(en="Random parts of the data", fr="Parts des données tirées au hasard"),
        Text(
            en="Is the effect the same on random parts of the data?",
            fr="L'effet est-il le même sur des parts des données tirées au hasard ?",
        ),
        Text(
            en="Typical move of the effect on a random part of the data, on the planned scale",
            fr="Déplacement typique de l'effet sur une part des données, sur l'échelle prévue",
        ),
        subset_stability,
        ("draws", "fraction"),
        planned=True,
    ),
    DiagnosticEntry(
        BOOTSTRAP,
        Text(en="Data drawn again", fr="Données tirées à nouveau"),
        Text(
            en="Is the effect as uncertain as the method says?",
            fr="L'effet est-il aussi incertain que la méthode le dit ?",
        ),
        Text(
            en="Spread of the effect when units are drawn again with replacement, on the planned scale",
            fr="Dispersion de l'effet quand les unités sont tirées à nouveau avec remise, sur l'échelle "
            "prévue",
        ),
        bootstrap,
        ("draws",),
        planned=True,
    ),
)
