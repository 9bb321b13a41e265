"""The kit itself: its list, its results, its samples, and how it reads imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from impacteval.errors import NotIdentified
from impacteval.registry import estimator
from impacteval.testing import (
    SampleMaker,
    blindness,
    estimator_checks,
    known_samples,
    register,
    run_checks,
    samples,
)
from impacteval.values import Scale

MAKERS = {maker.name: maker for maker in known_samples("rct")}


def test_every_check_has_a_name_of_its_own_and_a_sentence():
    checks = estimator_checks(estimator("difference-in-means"))
    assert len({str(check) for check in checks}) == len(checks)
    assert {"shift[rct]", "coverage_relative[rct]", "card", "imports"} <= set(map(str, checks))
    for check in checks:
        run = check.run.func
        while hasattr(run, "func"):
            run = run.func
        assert run.__doc__


def test_a_design_without_samples_fails_and_is_not_skipped():
    cls = type(estimator("difference-in-means"))

    @dataclass(frozen=True)
    class Elsewhere(cls):
        card: ClassVar = replace(cls.card, designs=("somewhere_else",))

    (check,) = [c for c in estimator_checks(Elsewhere()) if c.design]
    with pytest.raises(AssertionError, match="no known-truth sample of design 'somewhere_else"):
        check()


def test_results_tell_what_went_wrong(monkeypatch: pytest.MonkeyPatch):
    own = estimator("difference-in-means")
    light = (replace(MAKERS["plain"], replications=50),)

    def torn(*_args, **_keywords):
        raise RuntimeError("out of order")

    monkeypatch.setattr(type(own), "estimate", torn)
    results = {result.name: result for result in run_checks(own, samples=light)}
    # The signature (*args, **keywords) is legal, so the checks run and each tells its error.
    assert not results["shift"].passed
    assert results["shift"].detail == "RuntimeError: out of order"
    assert results["card"].passed
    assert results["card"].detail == ""


def test_samples_may_be_given():
    light = (replace(MAKERS["plain"], replications=60),)
    results = run_checks(estimator("difference-in-means"), samples=light)
    assert [r.name for r in results if not r.passed] == []


def test_an_estimator_that_refuses_everything_fails():
    cls = type(estimator("difference-in-means"))

    @dataclass(frozen=True)
    class Silent(cls):
        def estimate(self, sample, *, scale, rng):
            from impacteval.values import Message, Text

            raise NotIdentified(Message("x", Text(en="No.", fr="Non.")))

    results = {r.name: r for r in run_checks(Silent())}
    assert "every known-truth sample of the design is refused" in results["answers"].detail
    assert not results["coverage_difference"].passed


def test_makers_are_registered_by_design_and_replaced_by_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(samples, "_MAKERS", dict(samples._MAKERS))
    mine = SampleMaker("plain", "elsewhere", MAKERS["plain"].draw)
    register(mine)
    register(replace(mine, replications=7))
    assert [m.replications for m in known_samples("elsewhere")] == [7]
    assert known_samples("nowhere") == ()


ASSIGNED = [m for m in MAKERS.values() if "everyone_eligible" in m.estimands]
OFFERED = [m for m in MAKERS.values() if "everyone_eligible" not in m.estimands]


@pytest.mark.parametrize("maker", ASSIGNED, ids=lambda m: m.name)
def test_the_truth_of_a_known_sample_is_the_truth(maker: SampleMaker):
    """The stated effect against the data themselves, over many draws, strata and weights read."""
    found = {"difference": [], "relative": [], "total": []}
    for seed in range(400):
        known = maker(seed)
        frame = known.frame()
        w = frame[known.roles["weight"]] if "weight" in known.roles else 1.0 + 0.0 * frame.y
        e = frame[known.roles["exposure"]] if "exposure" in known.roles else 1.0 + 0.0 * frame.y
        stratum = frame[known.roles["stratum"]] if "stratum" in known.roles else 0 * frame.y
        means = []
        for side in (1, 0):
            arm = frame.treated == side
            parts = [
                (
                    (w * e)[stratum == s].sum(),
                    (w * frame.y)[arm & (stratum == s)].sum() / (w * e)[arm & (stratum == s)].sum(),
                )
                for s in stratum.unique()
            ]
            means.append(np.average([m for _, m in parts], weights=[n for n, _ in parts]))
        found["difference"].append(means[0] - means[1])
        found["relative"].append(means[0] / means[1] - 1)
        found["total"].append((means[0] - means[1]) * frame.treated.sum())
    for scale, values in found.items():
        if scale in known.truth:
            error = np.std(values, ddof=1) / np.sqrt(len(values))
            # A ratio of means is biased by about the squared error of its denominator.
            slack = 0.01 if scale == "relative" else 0.0
            assert abs(np.mean(values) - known.truth[scale]) < 4 * error + slack


@pytest.mark.parametrize("maker", OFFERED, ids=lambda m: m.name)
def test_the_truth_of_a_known_offer_is_the_truth(maker: SampleMaker):
    """Compliers' sums over many draws: what the offer moved in y d, in y (1 - d) and in d."""
    rows = []
    for seed in range(400):
        known = maker(seed)
        frame = known.frame()
        w = frame[known.roles["weight"]] if "weight" in known.roles else 1.0 + 0.0 * frame.y
        stratum = frame[known.roles["stratum"]] if "stratum" in known.roles else 0 * frame.y
        d, offered, row = frame.took, frame.offered == 1, np.zeros(3)
        for s in stratum.unique():
            inside = stratum == s
            for k, v in enumerate((frame.y * d, frame.y * (1 - d), d)):
                a, b = inside & offered, inside & ~offered
                moved = np.average(v[a], weights=w[a]) - np.average(v[b], weights=w[b])
                row[k] += w[inside].sum() / w.sum() * moved
        rows.append(row)
    moved = np.array(rows)
    with_it, without, share = moved.mean(axis=0) * [1, -1, 1]
    truth = known.truth
    # The null is a combination of sums, so no ratio is biased.
    of_difference = moved @ [1.0, 1.0, -truth["difference"]]
    of_relative = moved @ [1.0, 1.0 + truth["relative"], 0.0]
    for sums in (of_difference, of_relative):
        assert abs(sums.mean()) < 4 * sums.std(ddof=1) / np.sqrt(len(sums))
    assert with_it > 0 < without < 100 * share
    if "total" in truth:
        totals = (moved[:, 0] + moved[:, 1]) * frame.offered.sum()
        error = totals.std(ddof=1) / np.sqrt(len(totals))
        assert abs(totals.mean() - truth["total"]) < 4 * error


def test_whose_effect_a_sample_is_decides_who_is_tried_on_it():
    assert [m.name for m in OFFERED][:2] == ["two_sided", "small_offer"]
    told = run_checks(estimator("difference-in-means"), samples=OFFERED)
    (only,) = [r for r in told if r.name == "known_truth"]
    assert not only.passed
    assert "no known-truth sample" in only.detail
    with pytest.raises(ValueError, match="estimands"):
        replace(estimator("lin").card, estimands=("everyone",))


def test_no_effect_means_no_effect():
    for maker in MAKERS.values():
        assert set(maker(1, lift=0.0).truth.values()) == {0.0}


def test_a_seed_is_a_sample():
    one, same, other = MAKERS["plain"](5), MAKERS["plain"](5), MAKERS["plain"](6)
    assert one.sample().digest == same.sample().digest != other.sample().digest


def _named(source: str, tmp_path, monkeypatch) -> set[str]:
    (tmp_path / "some_plugin.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("some_plugin", None)
    return set(blindness._imported("some_plugin"))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import impacteval.contract", "impacteval.contract"),
        ("from impacteval import errors", "impacteval.errors"),
        ("def f():\n    from impacteval.contract.terms import price", "impacteval.contract.terms"),
        ("import importlib\nimportlib.import_module('impacteval.decide')", "impacteval.decide"),
        ("__import__('impacteval.report')", "impacteval.report"),
        (
            "class A:\n    def f(self):\n        import impacteval.render.html",
            "impacteval.render.html",
        ),
    ],
)
def test_imports_are_read_wherever_they_stand(source, expected, tmp_path, monkeypatch):
    assert expected in _named(source, tmp_path, monkeypatch)


def test_relative_imports_are_resolved():
    assert blindness._absolute("sibling", 1, "a.b") == "a.b.sibling"
    assert blindness._absolute("cousin", 2, "a.b") == "a.cousin"
    assert blindness._absolute("", 1, "a.b") == "a.b"


def test_imports_for_type_checking_do_not_count(tmp_path, monkeypatch):
    source = (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import impacteval.contract\n"
        "else:\n    import impacteval.values\n"
    )
    assert _named(source, tmp_path, monkeypatch) == {"typing", "impacteval.values"}


def test_running_code_keeps_what_runs():
    tree = ast.parse("x = 1\nif TYPE_CHECKING:\n    y = 2\n")
    assert "y" not in {n.id for n in blindness._running_code(tree) if isinstance(n, ast.Name)}


def test_the_scale_of_a_card_is_what_is_tested():
    cls = type(estimator("difference-in-means"))

    @dataclass(frozen=True)
    class OneScale(cls):
        card: ClassVar = replace(cls.card, scales=(Scale.DIFFERENCE,))

    names = {check.name for check in estimator_checks(OneScale())}
    assert "coverage_difference" in names
    assert "coverage_relative" not in names


def test_testing_imports_no_test_runner():
    code = "import sys, impacteval.testing; print('pytest' in sys.modules, 'hypothesis' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "False"]
