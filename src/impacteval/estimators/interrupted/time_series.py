"""Interrupted time series: one served series against its own line from before, carried on.

References
----------
Bernal, Cummins and Gasparrini (2017), Interrupted time series regression for the evaluation of public
health interventions. *International Journal of Epidemiology* 46(1). doi:10.1093/ije/dyw098
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimates import StudentT
from impacteval.estimators.interrupted import words
from impacteval.estimators.interrupted.card import INTERRUPTED_TIME_SERIES
from impacteval.estimators.interrupted.line import Errors, Lines, columns, lags_of, statistics
from impacteval.estimators.interrupted.series import Series, places_of, read_series
from impacteval.estimators.synthetic_control.effect import Answer, build
from impacteval.estimators.synthetic_control.panel import ROUNDING, Window
from impacteval.values import Scale, Text

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample
    from impacteval.values import Message

Floats = NDArray[np.float64]

LEVEL = 0.95
_LABELS = {
    "ar1": "autocorrelated errors, averaged over their autocorrelation",
    "newey-west": "Newey-West errors",
    "independent": "independent errors",
}
_STANDARDISED = Text(
    en="This method offers no effect in standard deviations: the spread of one series over time is no spread between people or places. Use scale difference, relative or total.",
    fr="Cette méthode n'offre pas d'effet en écarts types : la dispersion d'une série dans le temps n'est pas une dispersion entre personnes ou entre lieux. Utilisez l'échelle difference, relative ou total.",
)


@dataclass(frozen=True, slots=True)
class InterruptedTimeSeries:
    """Carries on the line of one series from before the service.

    Parameters
    ----------
    errors : {"ar1", "newey-west", "independent"}
        How errors of neighbouring periods go together: each keeps an unknown part of the one before
        it; as far as the first few correlations tell; or not at all.
    season : int, optional
        Periods in a round of seasons, such as 12 for months; each has a level of its own.
    window : tuple, optional
        First and last period that the effect is about; all served periods by default.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from impacteval.sample import Sample
    >>> rng, t = np.random.default_rng(3), np.arange(36)
    >>> frame = pd.DataFrame({"town": "a", "month": t, "on": (t >= 24).astype(int)})
    >>> frame["y"] = 20 + 0.1 * t - 3 * frame["on"] + rng.normal(size=36)
    >>> sample = Sample.from_frame(
    ...     frame, design="interrupted_time_series", outcome="y", unit="town", period="month",
    ...     treatment="on",
    ... )
    >>> found = InterruptedTimeSeries().estimate(sample, scale=Scale.DIFFERENCE, rng=rng)
    >>> round(found.effect.value, 1), round(found.effect.std_error, 1)
    (-3.2, 0.6)
    """

    name: ClassVar[str] = "interrupted-time-series"
    card: ClassVar[MethodCard] = INTERRUPTED_TIME_SERIES

    errors: Errors = "ar1"
    season: int | None = None
    window: Window | None = None

    def __post_init__(self) -> None:
        if self.errors not in _LABELS:
            raise UsageError(f"errors {self.errors!r} is not known. Allowed: {', '.join(_LABELS)}.")
        if self.season is not None and self.season < 2:
            raise UsageError(f"season must be 2 periods or more, not {self.season}.")

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The effect on `scale`. Nothing is drawn from `rng`.

        Parameters
        ----------
        sample : Sample
            Design ``interrupted_time_series``, complete, served from one date on.
        scale : Scale
            ``difference``, ``relative`` or ``total``.
        rng : numpy.random.Generator
            Not used.

        Raises
        ------
        NotIdentified
            When the data cannot answer; the reason says what to do.
        UsageError
            On the scale ``standardised``, and for a window that the data do not have.
        """
        scale = Scale.parse(scale)
        if scale is Scale.STANDARDISED:
            raise UsageError(_STANDARDISED.en)
        series = read_series(sample, scale, window=self.window, season=self.season)
        x = columns(len(series.y), series.before, self.season)
        gaps = self._gaps(series, x)
        _check_errors(series, gaps)
        value, spread, df = (float(a[0, 0]) for a in (gaps.value, gaps.spread, gaps.df))
        without = series.others + x @ gaps.fitted[0]
        panel = series.panel
        return build(
            estimator=self.name,
            settings={"errors": self.errors, "season": self.season, "window": self.window},
            panel=panel,
            counterfactual=np.broadcast_to(without, (len(panel.served), len(without))),
            answer=Answer(value, StudentT(value, spread, df, _LABELS[self.errors]), spread),
            scale=scale,
            sentences=self._method(series, gaps),
            tables=self._tables(series, x, gaps),
            notes=tuple(_notes(series)),
            band=_band(series, without, gaps),
            level=LEVEL,
        )

    def _gaps(self, series: Series, x: Floats) -> Lines:
        """The average gap, and that of each served period."""
        before, after = series.before, len(series.y) - series.before
        weights = np.vstack([series.share, np.eye(after)])
        y = series.y[None]
        return statistics(
            y[:, :before], x[:before], weights @ x[before:], weights, y[:, before:], self.errors
        )

    def _method(self, series: Series, gaps: Lines) -> list[Message]:
        said = [words.line(series.before, self.season, len(series.panel.donors))]
        match self.errors:
            case "ar1":
                return [*said, words.autocorrelated(float(gaps.rho[0]))]
            case "newey-west":
                return [*said, words.newey_west(lags_of(series.before))]
            case _:
                return [*said, words.independent()]

    def _tables(self, series: Series, x: Floats, gaps: Lines) -> dict[str, dict[str, Any]]:
        kind = self.errors
        return {
            "segments": _segments(series, x, kind),
            "errors": {
                "errors": [kind],
                "rho": [float(gaps.rho[0])],
                "noise": [float(gaps.noise[0])],
                "df": [float(gaps.df[0, 0])],
                "lags": [lags_of(series.before) if kind == "newey-west" else int(kind == "ar1")],
            },
        }


def _segments(series: Series, x: Floats, errors: Errors) -> dict[str, Any]:
    """Line before, and by how much level and slope change, of one regression on all periods."""
    n, before = len(series.y), series.before
    since = np.arange(n) - before
    on = (since >= 0).astype(np.float64)
    # Slopes are by the period; the line of `columns` is by the time before.
    both = np.column_stack([x, on, on * since / before])
    k = both.shape[1]
    picks = np.zeros((3, k))
    picks[0, 1] = picks[2, k - 1] = 1.0 / before
    picks[1, k - 2] = 1.0
    nothing = np.zeros((1, 0))
    found = statistics(series.y[None], both, -picks, np.zeros((3, 0)), nothing, errors)
    terms = ("slope_before", "level_change", "slope_change")
    ends = [
        StudentT(value, spread, df).interval(LEVEL)
        for value, spread, df in zip(
            found.value[0].tolist(), found.spread[0].tolist(), found.df[0].tolist(), strict=True
        )
    ]
    return {
        "term": list(terms),
        "value": found.value[0],
        "std_error": found.spread[0],
        "low": [end.low for end in ends],
        "high": [end.high for end in ends],
    }


def _check_errors(series: Series, gaps: Lines) -> None:
    size = max(float(np.abs(series.y).max()), float(np.abs(series.others).max()))
    if not float(gaps.noise[0]) > ROUNDING * size or not float(gaps.spread[0, 0]) > 0.0:
        raise NotIdentified(words.met_exactly())


def _band(series: Series, without: Floats, gaps: Lines) -> tuple[Floats, Floats]:
    """What each served period would have had, with chance."""
    low, high = np.full((2, len(series.y)), np.nan)
    rows = zip(gaps.value[0, 1:], gaps.spread[0, 1:], gaps.df[0, 1:], strict=True)
    for t, (value, spread, df) in enumerate(rows, series.before):
        found = StudentT(float(value), float(spread), float(df)).interval(LEVEL)
        low[t] = without[t] + float(value) - found.high
        high[t] = without[t] + float(value) - found.low
    return low, high


def _notes(series: Series) -> list[Message]:
    panel = series.panel
    start = str(panel.periods[series.before])
    ahead = int(np.flatnonzero(series.share)[-1]) + 1
    notes = [
        words.nothing_else(start, len(panel.donors)),
        words.how_far(ahead, series.before),
    ]
    if places_of(panel.periods) is None:
        notes.append(words.evenly_spaced())
    if panel.covariates:
        notes.append(words.covariates_unused(panel.covariates))
    return notes
