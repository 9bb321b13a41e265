"""The effect of taking part, where the programme was offered by lot: encouragement designs.

References
----------
Angrist, Imbens and Rubin (1996), Identification of causal effects using instrumental variables.
*Journal of the American Statistical Association* 91(434). doi:10.1080/01621459.1996.10476902
Andrews, Stock and Sun (2019), Weak instruments in instrumental variables regression: theory and
practice. *Annual Review of Economics* 11. doi:10.1146/annurev-economics-080218-025643
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from impacteval.errors import NotIdentified
from impacteval.estimators.randomised import encouragement_words as words
from impacteval.estimators.randomised import messages
from impacteval.estimators.randomised.adjustment import ALONE, EXACT
from impacteval.estimators.randomised.complier_effect import Read, build
from impacteval.estimators.randomised.encouragement_card import ENCOURAGEMENT
from impacteval.estimators.randomised.offers import fit_offer, moved, outcomes_of
from impacteval.estimators.randomised.trial import Trial, is_binary, read_trial
from impacteval.inference import collinear_columns
from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.estimators.randomised.offers import OfferFit
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample


@dataclass(frozen=True, slots=True)
class Encouragement:
    """The effect of taking part on those who take part because they were offered to.

    Parameters
    ----------
    variance : {"hc2", "hc1", "hc3"}
        Standard error; with clusters CR2, CR1, CR3.
    interval : {"wald", "anderson_rubin"}
        What intervals and p-values come from: Student's t about the estimate, or the test of
        Anderson and Rubin, right at any strength of the first stage.
    weakest : float
        F of the first stage below which ``wald`` is refused (but for the total, which is that of
        the offer), and below which the estimate is
        called unreliable under ``anderson_rubin``. Ten is the custom since Staiger and Stock
        (1997).

    Examples
    --------
    A hundred people, half of them offered; half of those take it up, which lifts them from 2 to 5:

    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> offered = [0] * 50 + [1] * 50
    >>> got = [0] * 75 + [1] * 25
    >>> y = [2.0 + 3.0 * g + 0.1 * (k % 5) for k, g in enumerate(got)]
    >>> sample = Sample.from_frame(
    ...     pd.DataFrame({"z": offered, "d": got, "y": y}),
    ...     design="rct", outcome="y", assigned="z", received="d",
    ... )
    >>> found = Encouragement().estimate(
    ...     sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    ... )
    >>> round(found.effect.value, 6), round(float(found.parts["offer"]["effect"][0]), 6)
    (3.0, 1.5)
    """

    name: ClassVar[str] = "encouragement"
    card: ClassVar[MethodCard] = ENCOURAGEMENT

    variance: Literal["hc2", "hc1", "hc3"] = "hc2"
    interval: Literal["wald", "anderson_rubin"] = "wald"
    weakest: float = 10.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.weakest) and self.weakest >= 0.0):
            raise ValueError("weakest must be a number of 0 or more.")

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The complier effect on `scale`.

        Parameters
        ----------
        sample : Sample
            Design ``rct``, one period, roles ``assigned`` and ``received``.
        scale : Scale
            Any of the four; ``relative`` where take-up is yes or no.
        rng : numpy.random.Generator
            Not used: nothing here is random.

        Raises
        ------
        NotIdentified
            When the data cannot answer; the reason says what to do.
        """
        scale = Scale.parse(scale)
        trial = read_trial(sample, scale, amounts=True)
        if trial.offer is None or trial.received is None:
            raise NotIdentified(words.no_received())
        binary = is_binary(trial.received)
        if not binary and scale is Scale.RELATIVE:
            raise NotIdentified(words.relative_amount())
        _check_covariates(trial)
        fit = fit_offer(
            outcomes_of(trial.y, trial.received, binary=binary),
            trial.offer,
            x=trial.x,
            stratum=None if trial.stratum is None else trial.stratum.codes,
            size=trial.size,
            weight=trial.weight,
            copies=trial.copies,
        )
        if trial.cluster is None:
            _check_leverages(trial, fit)
        welch = self._welch(trial)
        found, clusters = moved(
            fit,
            treatment=trial.treatment,
            welch=welch,
            cluster=None if trial.cluster is None else trial.cluster.codes,
            variance=self.variance,
            weight=trial.weight,
            copies=trial.copies,
            working=trial.working,
        )
        if clusters is not None and float(clusters.determined_by_one(fit.slope)) > ALONE:
            raise NotIdentified(messages.one_cluster_decides())
        return build(
            Read(
                trial=trial,
                offer=trial.offer,
                received=trial.received,
                received_name=str(sample.roles.received),
                fit=fit,
                moved=found,
                binary=binary,
            ),
            scale=scale,
            variance=self.variance,
            anderson_rubin=self.interval == "anderson_rubin",
            weakest=self.weakest,
            rule=self._rule(trial, welch),
            estimator=self.name,
        )

    def _welch(self, trial: Trial) -> bool:
        assert trial.offer is not None
        plain = trial.stratum is None and trial.cluster is None and not trial.covariates
        return plain and self.variance == "hc2" and is_binary(trial.offer)

    def _rule(self, trial: Trial, welch: bool) -> str:
        if trial.cluster is not None:
            return "clusters" if self.variance == "hc1" else "satterthwaite"
        return "welch" if welch else "residual"


def _check_covariates(trial: Trial) -> None:
    """Covariates that tell units apart, and more units than coefficients."""
    assert trial.offer is not None
    strata = 1 if trial.stratum is None else len(trial.stratum.labels)
    coefficients = 2 * strata + len(trial.covariates)
    units = trial.count(0) + trial.count(1)
    if units <= coefficients:
        raise NotIdentified(words.too_many_covariates(units, coefficients))
    if not trial.covariates:
        return
    codes = np.zeros(len(trial.y), dtype=np.int64) if trial.stratum is None else trial.stratum.codes
    blocks = np.eye(strata)[codes]
    before = [blocks[:, 1:], blocks * trial.offer[:, None]]
    columns = np.column_stack([*before, trial.x])
    first = columns.shape[1] - trial.x.shape[1]
    extra = [k - first for k in collinear_columns(columns, trial.weight) if k >= first]
    if extra:
        raise NotIdentified(words.collinear([trial.covariates[k] for k in extra]))


def _check_leverages(trial: Trial, fit: OfferFit) -> None:
    """No unit may determine what it is supposed to be compared with."""
    exact = np.flatnonzero(fit.fit.leverages >= EXACT)
    if exact.size:
        raise NotIdentified(messages.leverage([str(trial.unit[k]) for k in exact]))
