"""Difference-in-differences where few places were served.

References
----------
Conley and Taber (2011), Inference with "difference in differences" with a small number of policy
changes. *Review of Economics and Statistics* 93(1). doi:10.1162/REST_a_00049
Ferman and Pinto (2019), Inference in differences-in-differences with few treated groups and
heteroskedasticity. *Review of Economics and Statistics* 101(3). doi:10.1162/rest_a_00759
MacKinnon and Webb (2018), The wild bootstrap for few (treated) clusters. *Econometrics Journal*
21(2). doi:10.1111/ectj.12107
MacKinnon and Webb (2020), Randomization inference for difference-in-differences with few treated
clusters. *Journal of Econometrics* 218(2). doi:10.1016/j.jeconom.2020.04.024
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimates import CounterfactualEstimate, Effect, Parts, Period
from impacteval.estimators.did import few_words as words
from impacteval.estimators.did import messages
from impacteval.estimators.did.effect import cohorts_table, served_size
from impacteval.estimators.did.few_answer import (
    Answer,
    Chance,
    Inference,
    Settings,
    chance_of,
    placebo_table,
)
from impacteval.estimators.did.few_card import FEW_TREATED
from impacteval.estimators.did.few_places import Places, read_places, sizes_beyond, sizes_told
from impacteval.estimators.did.panel import Panel, read_panel
from impacteval.estimators.randomised import wording
from impacteval.estimators.randomised.messages import joined, relative_not_positive
from impacteval.inference.wild import Signs
from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample
    from impacteval.values import Message

# Served places below which the wild bootstrap is known to fail.
FEW = 6
# Served places above which there is nothing few about them, and their own spread tells more.
MOST = 500
# Level of the band around what would have happened.
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class FewTreated:
    """Compares each served place's change with the places never served, whose changes tell chance.

    Parameters
    ----------
    inference : {"ferman-pinto", "conley-taber", "randomisation", "wild"}
        How chance is measured: from the other places' paths, rescaled for the size of each place
        or as they are; by dealing the starting dates anew; or by the wild cluster bootstrap.
    target : {"individual", "cluster"}
        Whether places and periods count by their people, or each as one.
    studentised : bool
        Whether deals of the starting dates are compared by the effect over its standard error.
    multipliers : {"rademacher", "webb"}
        Signs of the wild bootstrap.
    draws : int
        Placements or patterns of signs drawn; all are compared where there are no more than these.

    Examples
    --------
    Twenty places, of which the first is served from the third year on:

    >>> import numpy as np, pandas as pd
    >>> from impacteval.sample import Sample
    >>> rng = np.random.default_rng(3)
    >>> frame = pd.DataFrame({"place": np.repeat(np.arange(20), 4), "year": 20 * [1, 2, 3, 4]})
    >>> frame["on"] = ((frame["place"] == 0) & (frame["year"] >= 3)).astype(int)
    >>> frame["y"] = rng.normal(size=80).round(1) + 5 * frame["on"]
    >>> sample = Sample.from_frame(
    ...     frame, design="did", outcome="y", unit="place", period="year", treatment="on"
    ... )
    >>> found = FewTreated().estimate(sample, scale=Scale.DIFFERENCE, rng=rng)
    >>> round(found.effect.value, 6), round(found.effect.p_value(), 6)
    (5.339474, 0.05)
    """

    name: ClassVar[str] = "few-treated"
    card: ClassVar[MethodCard] = FEW_TREATED

    inference: Inference = "ferman-pinto"
    target: Literal["individual", "cluster"] = "individual"
    studentised: bool = False
    multipliers: Signs = "rademacher"
    draws: int = 9999

    def __post_init__(self) -> None:
        if self.draws < 19:
            raise UsageError(
                f"draws must be 19 at least, not {self.draws}: fewer cannot reach the 5% level."
            )
        if self.studentised and self.inference != "randomisation":
            raise UsageError(
                "studentised is for inference randomisation; "
                f"inference {self.inference} has its own measure of spread."
            )

    @property
    def _settings(self) -> dict[str, Any]:
        return {
            "inference": self.inference,
            "target": self.target,
            "studentised": self.studentised,
            "multipliers": self.multipliers,
            "draws": self.draws,
        }

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The effect on `scale` with the set of effects that the test does not reject.

        Parameters
        ----------
        sample : Sample
            Design ``did``, one outcome; the role ``assignment_cluster`` names the places when
            rows are people.
        scale : Scale
            ``difference``, ``relative`` or ``total``.
        rng : numpy.random.Generator
            Draws placements or signs where they are too many to be compared one by one.

        Raises
        ------
        NotIdentified
            When the data cannot answer; the reason says what to do.
        """
        scale = Scale.parse(scale)
        self._check_scale(scale)
        panel = read_panel(sample, scale)
        places = read_places(panel, equal=self.target == "cluster")
        self._check_served(places)
        how = Settings(self.inference, self.studentised, self.multipliers, self.draws)
        chance = chance_of(places.rollout, how, rng)
        found = chance.answer(Scale.DIFFERENCE)
        counterfactual = found.observed - found.difference
        if scale is Scale.RELATIVE:
            if not (found.observed > 0 and counterfactual > 0):
                raise NotIdentified(relative_not_positive(found.observed, counterfactual))
            found = chance.answer(scale)
        elif scale is Scale.TOTAL:
            found = chance.answer(scale, served=served_size(panel))
        return self._built(panel, places, chance, found, scale)

    def _check_scale(self, scale: Scale) -> None:
        if scale is Scale.STANDARDISED:
            raise UsageError(str(words.standardised()))
        if scale is Scale.TOTAL and self.target == "cluster":
            raise NotIdentified(words.no_total())
        if scale is Scale.RELATIVE and self.inference == "wild":
            raise NotIdentified(words.wild_relative())

    def _check_served(self, places: Places) -> None:
        real, loads = places.rollout.places()
        if real.size > MOST:
            raise NotIdentified(words.too_many(real.size, MOST))
        if real.size == 1 and self.inference == "wild":
            raise NotIdentified(words.wild_one())
        if real.size == 1 and self.studentised:
            raise NotIdentified(words.studentised_few())
        # A place that is alone in its block of the stacked regression fits it without an error.
        row = loads.row[:, 0]
        alone = real[np.bincount(row)[row] == 1]
        if alone.size and self.inference == "wild":
            raise NotIdentified(words.wild_alone(places.named(alone)))

    def _built(
        self, panel: Panel, places: Places, chance: Chance, found: Answer, scale: Scale
    ) -> CounterfactualEstimate:
        observed, counterfactual = found.observed, found.observed - found.difference
        error = places.rollout.std_error(by_size=self.inference == "ferman-pinto")
        value = found.difference
        if scale is Scale.RELATIVE:
            value = observed / counterfactual - 1.0
            # What was observed happened; the error is that of what would have.
            error *= observed / counterfactual**2
        elif scale is Scale.TOTAL:
            value, error = value * served_size(panel), error * served_size(panel)
        units = np.unique(panel.unit[panel.served])
        return CounterfactualEstimate(
            estimator=self.name,
            outcome=panel.outcome,
            scale=scale,
            design=panel.design,
            target=self._target(panel, places),
            effect=Effect(value, found.distribution, error),
            observed=observed,
            counterfactual=counterfactual,
            periods=tuple(_path(panel, places, chance)),
            n_treated=len(units),
            n_comparison=len(panel.labels) - len(units),
            treated_clusters=places.rollout.real.size,
            parts=Parts(_tables(panel, places, chance, found)),
            notes=(*panel.notes, *self._notes(places, found)),
            method=joined(f"method.{self.name}", self._method(panel, places, found, scale)),
            settings=self._settings,
        )

    def _target(self, panel: Panel, places: Places) -> Message:
        periods = len(np.unique(panel.period[panel.served]))
        if self.target == "cluster":
            return words.target_places(places.rollout.real.size, periods)
        return messages.target(len(np.unique(panel.unit[panel.served])), periods)

    def _notes(self, places: Places, found: Answer) -> list[Message]:
        served = places.rollout.real.size
        notes = []
        if self.inference == "wild":
            return [words.wild_few(served)] if served < FEW else []
        if found.exact and found.compared < 1.0 / (1.0 - LEVEL) - 1e-9:
            notes.append(words.few_placements(found.compared))
        if self.inference == "ferman-pinto":
            if not sizes_told(places):
                notes.append(words.sizes_unknown())
            else:
                beyond = sizes_beyond(places)
                if beyond.size:
                    notes.append(words.sizes_beyond(places.named(beyond)))
        return notes

    def _method(self, panel: Panel, places: Places, found: Answer, scale: Scale) -> list[Message]:
        rollout = places.rollout
        equal = self.target == "cluster"
        said = [
            words.formed(rollout.real.size, rollout.never.size, equal=equal),
            wording.weights(panel.weight_kind, rate=panel.exposure),
        ]
        if self.inference == "wild":
            said.append(words.wild(len(rollout.y), found.compared, every=found.exact))
        else:
            said.append(words.tested(self.inference, studentised=self.studentised))
            said.append(
                words.exact(found.compared) if found.exact else words.sampled(found.compared)
            )
        said.append(words.inverted(scale))
        if scale is Scale.TOTAL:
            said.append(messages.total(served_size(panel), rate=panel.exposure))
        return [sentence for sentence in said if sentence is not None]


def _path(panel: Panel, places: Places, chance: Chance) -> list[Period]:
    """What happened in each served period, and what would have, with the same test's band."""
    rollout, points = places.rollout, []
    on = panel.served
    for period in range(int(rollout.start.min()), rollout.n_periods):
        found = chance.answer(Scale.DIFFERENCE, period=period)
        band = found.distribution.interval(LEVEL)
        low, high = (
            (found.observed - band.high, found.observed - band.low)
            if band.bounded
            else (math.nan, math.nan)  # a plot has no place for a band without an end
        )
        label = panel.periods[period]
        points.append(
            Period(
                label.item() if hasattr(label, "item") else label,
                found.observed,
                found.observed - found.difference,
                low=low,
                high=high,
                n=int((on & (panel.period == period)).sum()),
                level=LEVEL,
            )
        )
    return points


def _tables(
    panel: Panel, places: Places, chance: Chance, found: Answer
) -> dict[str, dict[str, Any]]:
    rollout = places.rollout
    tables = {
        "cohorts": cohorts_table(panel),
        "places": _places_table(panel, places),
        "placebo_test": placebo_table(found, chance.settings),
    }
    if chance.settings.inference == "ferman-pinto":
        _, loads = rollout.places()
        fits = rollout.variances(loads, by_size=True)
        first = np.unique(loads.row[:, 0], return_index=True)[1]
        tables["variance"] = {
            "start": [panel.periods[rollout.start[rollout.real[k]]] for k in first.tolist()],
            "common": [fit.common for fit in fits],
            "within": [fit.within for fit in fits],
        }
    if chance.settings.inference != "wild" and rollout.real.size == 1:
        tables["placebos"] = {
            "place": places.labels.tolist(),
            "served": (rollout.start < rollout.n_periods).tolist(),
            "effect": chance.placebos(),
        }
    return tables


def _places_table(panel: Panel, places: Places) -> dict[str, Any]:
    """Each served place: since when, how many people, what it counts for, and its own effect."""
    rollout = places.rollout
    real, loads = rollout.places()
    (row,), (part,) = loads.of(real[None])
    never = rollout.shares[rollout.never] / rollout.shares[rollout.never].sum()
    change = loads.loads[row] @ rollout.y.T
    own = change[np.arange(real.size), real] - change[:, rollout.never] @ never
    return {
        "place": places.labels[real].tolist(),
        "start": [panel.periods[k] for k in rollout.start[real].tolist()],
        "people": places.people[real].mean(axis=1),
        "share": part,
        "effect": own,
    }
