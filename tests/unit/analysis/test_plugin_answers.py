"""A plugin that misbehaves in a study ends the run with 70, naming its package."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from impacteval.errors import PluginError
from impacteval.estimators.randomised.difference_in_means import DifferenceInMeans


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda found: "hello", "returned str, not an estimate"),
        (lambda found: replace(found, estimator="lin"), "signed its estimate as 'lin'"),
        (lambda found: 1 / 0, "ZeroDivisionError"),
        # sys.exit(0) would otherwise end the command with 0 and without a report.
        (lambda found: (_ for _ in ()).throw(SystemExit(0)), "SystemExit"),
    ],
)
def test_what_is_no_estimate_of_its_own_is_the_plugins_fault(
    two_cohorts: Any, monkeypatch: pytest.MonkeyPatch, answer: Any, said: str
) -> None:
    honest = DifferenceInMeans.estimate
    monkeypatch.setattr(
        DifferenceInMeans, "estimate", lambda self, *a, **k: answer(honest(self, *a, **k))
    )
    with pytest.raises(PluginError, match=said) as caught:
        two_cohorts.run()
    assert caught.value.package == "impacteval"
