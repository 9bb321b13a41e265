"""What is assumed about one number that a contract compares."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from impacteval.contract.units import Better, design_of, effect_kind, to_raw
from impacteval.values import Design, Scale


class Kind(StrEnum):
    """What is measured for one person."""

    NORMAL = "normal"
    BINARY = "binary"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is assumed about one outcome in one group.

    Attributes
    ----------
    outcome, group : str
        Of the contract; ``"all"`` without groups.
    effect : str
        The contract's effect, such as ``"relative_reduction_percent"``.
    better : str
        Which direction is better.
    design : str
        The contract's word for the design.
    std_error : float or None
        The standard error in contract units, where it was given; then nothing below is needed.
    kind : Kind or None
        What is measured for a person.
    people, comparison : int or None
        Served and compared with. A design without a comparison group has no `comparison`: its
        baseline is taken as known.
    baseline : float or None
        Mean for a person without the programme, in the outcome's own units.
    sd : float or None
        Standard deviation between people, of a normal outcome.
    variance_over_mean : float or None
        Of a count.
    clusters, comparison_clusters : int or None
        How many clusters the people live in; None when people are independent.
    cluster_cv : float
        Coefficient of variation of the clusters' sizes.
    icc : float
        Correlation of two people of one cluster.
    held : float or None
        The true effect in contract units, when it does not vary with the grid.
    in_total : bool
        Whether the contract's number stands for everybody together, as money may.
    times : float
        How many times as large the sample is, for what another sample would do: the standard
        error falls with its root and degrees of freedom grow with it, all else is as stated.
    part : float
        Which part of everybody these are, at a settlement that does not judge all of them: a true
        total is that part of the whole one.
    """

    outcome: str
    group: str
    effect: str
    better: Better
    design: str
    std_error: float | None = None
    kind: Kind | None = None
    people: int | None = None
    comparison: int | None = None
    baseline: float | None = None
    sd: float | None = None
    variance_over_mean: float | None = None
    clusters: int | None = None
    comparison_clusters: int | None = None
    cluster_cv: float = 0.0
    icc: float = 0.0
    held: float | None = None
    in_total: bool = False
    times: float = 1.0
    part: float = 1.0

    @property
    def scale(self) -> Scale:
        """The estimator's scale."""
        return Scale.TOTAL if self.in_total else effect_kind(self.effect).scale

    @property
    def sample_design(self) -> Design:
        """The sample's word for the design."""
        return design_of(self.design)

    @property
    def counted_only(self) -> bool:
        """Whether the contract's number is what was counted, without a counterfactual."""
        return not effect_kind(self.effect).counterfactual

    @property
    def compares_people(self) -> bool:
        """Whether the design has a group of people to compare with."""
        return not self.counted_only and self.sample_design is not Design.COUNT

    def truth(self, effect: float) -> float:
        """The true effect in contract units when the grid stands at `effect`."""
        found = effect if self.held is None else self.held
        return found * self.part if self.scale is Scale.TOTAL and self.part != 1.0 else found

    def raw(self, effect: float) -> float:
        """An effect in contract units on the estimator's scale (observed minus counterfactual).

        Examples
        --------
        >>> Assumed("jobs", "all", "relative_increase_percent", "higher", "rct").raw(5.0)
        0.05
        """
        return to_raw(self.effect, self.better, effect)

    def means(self, effect: float) -> tuple[float, float]:
        """Means of a person with and without the programme, in the outcome's own units.

        Parameters
        ----------
        effect : float
            The true effect in contract units.

        Returns
        -------
        served, counterfactual : float

        Raises
        ------
        ValueError
            When what is assumed does not say a mean.

        Examples
        --------
        >>> a = Assumed("y", "all", "relative_reduction_percent", "lower", "rct", baseline=2.0)
        >>> a.means(10.0)
        (1.8, 2.0)
        """
        raw = self.raw(effect)
        if self.counted_only:
            if self.scale is Scale.DIFFERENCE:
                return raw, 0.0
            if self.people is None:
                raise ValueError("A total of people needs how many there are.")
            return raw / self.people, 0.0
        base = 0.0 if self.baseline is None else self.baseline
        match self.scale:
            case Scale.RELATIVE:
                return base * (1.0 + raw), base
            case Scale.DIFFERENCE:
                return base + raw, base
            case Scale.TOTAL:
                if self.people is None:
                    raise ValueError("A total of people needs how many there are.")
                return base + raw / self.people, base
            case Scale.STANDARDISED:
                return base + raw * self.spread(base), base

    def spread(self, mean: float) -> float:
        """Standard deviation between people where the mean is `mean`.

        Examples
        --------
        >>> Assumed("y", "all", "difference", "higher", "rct", kind=Kind.BINARY).spread(0.5)
        0.5
        """
        return float(self.variance(mean) ** 0.5)

    def variance(self, mean: float) -> float:
        """Variance between people where the mean is `mean`."""
        match self.kind:
            case Kind.BINARY:
                return mean * (1.0 - mean)
            case Kind.COUNT:
                assert self.variance_over_mean is not None
                return self.variance_over_mean * mean
            case _:
                assert self.sd is not None
                return self.sd**2

    def possible(self, effect: float) -> bool:
        """Whether people can have the mean that this effect would give them."""
        if self.scale is Scale.RELATIVE and self.raw(effect) <= -1.0:
            return False
        if self.std_error is not None or self.kind is None:
            return True
        served, _ = self.means(effect)
        if self.kind is Kind.BINARY:
            return 0.0 <= served <= 1.0
        return self.kind is Kind.NORMAL or served >= 0.0
