"""Bandwidths, jump and errors against rdrobust 2.1.1, asked by rd_rdrobust.py."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rd_rdrobust as program

from impacteval.estimators.discontinuity.regression_discontinuity import RegressionDiscontinuity
from impacteval.sample import Sample
from impacteval.values import Scale

# Printed by rd_rdrobust.py: h, b, conventional and corrected jump, their errors, the robust interval.
PRINTED = {
    "plain": (
        3.0384083006564357,
        4.388434060588905,
        0.9650315592358898,
        0.9466939109998784,
        0.1501216935056702,
        0.17675679216272877,
        0.6002569643380984,
        1.2931308576616585,
    ),
    "epanechnikov": (
        2.715550520527945,
        4.117475987914576,
        0.9411256097428073,
        0.9223334047132532,
        0.1535023435002282,
        0.18072036520331888,
        0.5681279976418225,
        1.2765388117846839,
    ),
    "uniform": (
        2.45281302803151,
        4.112858135988725,
        0.9122502246249335,
        0.9077687641852452,
        0.1536205451702993,
        0.17986472877829549,
        0.555240373690721,
        1.2602971546797694,
    ),
    "quadratic": (
        3.1641814401993362,
        4.198398298094937,
        0.9055783708975325,
        0.8884598163602653,
        0.1994062135139709,
        0.22391282501200357,
        0.44959874366011887,
        1.3273208890604118,
    ),
    "bandwidth 3": (
        3.0,
        3.0,
        0.9626343689271883,
        0.9090705606602114,
        0.15072297722448713,
        0.20344184861445486,
        0.51033186442763,
        1.3078092568927928,
    ),
    "heaped": (
        3.5627231992064217,
        5.228492148781635,
        0.7859769363278195,
        0.7814838178348698,
        0.1567798953312625,
        0.23182607744882178,
        0.32711305535798585,
        1.2358545803117535,
    ),
    "weights": (
        3.0715934900230013,
        4.573349486945662,
        0.9883272319831686,
        0.9816166177390668,
        0.14935678119163515,
        0.1756674718646771,
        0.6373146996290965,
        1.3259185358490373,
    ),
    "clusters": (
        3.177111950505524,
        4.79071257847097,
        0.9940063233545229,
        0.9716101488379758,
        0.1641420536992731,
        0.1886655962687895,
        0.6018323750293739,
        1.3413879226465777,
    ),
}
SENATE = (
    17.75439819269227, 28.028088587710084, 7.414130749110065, 7.506502364866051,
    1.4587159889059338, 1.7412583753231818, 4.093698661453887, 10.919306068278216,
)  # fmt: skip
SETTINGS = {
    "epanechnikov": {"kernel": "epanechnikov"},
    "uniform": {"kernel": "uniform"},
    "quadratic": {"polynomial": 2},
    "bandwidth 3": {"bandwidth": 3.0},
}


def answered(data, settings, **roles):
    sample = Sample.from_frame(
        pd.DataFrame(data),
        design="regression_discontinuity",
        outcome="y",
        running="x",
        **{"cutoff": 50.0, **roles},
    )
    found = RegressionDiscontinuity(**settings).estimate(
        sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    )
    assert found.influence.std_error == pytest.approx(found.effect.std_error, rel=1e-10)
    table, width = found.parts["conventions"], found.parts["bandwidth"]
    reach = 1.959963984540054 * found.effect.std_error
    return [
        width["main"][0],
        width["bias"][0],
        table["effect"][1],
        found.effect.value,
        table["std_error"][1],
        found.effect.std_error,
        found.effect.value - reach,
        found.effect.value + reach,
    ]


@pytest.mark.parametrize("name", PRINTED)
def test_everything_is_that_of_another_programme(name):
    kind = name if name in ("heaped", "weights", "clusters") else "plain"
    roles = {"weights": {"weight": "weight"}, "clusters": {"cluster": "cluster"}}.get(name, {})
    found = answered(program.data(kind), SETTINGS.get(name, {}), **roles)
    assert found == pytest.approx(PRINTED[name], rel=1e-8)


def test_elections_to_the_senate():
    """Cattaneo, Idrobo and Titiunik (2020): 7.414, [4.094, 10.919], h 17.754, b 28.028."""
    rdrobust = pytest.importorskip("rdrobust", reason="the data come with that package")
    data = rdrobust.rdrobust_RDsenate().dropna(subset=["vote", "margin"])
    frame = {"x": data["margin"].to_numpy(), "y": data["vote"].to_numpy()}
    found = answered(frame, {}, cutoff=0.0)
    assert found == pytest.approx(SENATE, rel=1e-8)
    assert [round(v, 3) for v in (found[0], found[1], found[2], found[6], found[7])] == [
        17.754, 28.028, 7.414, 4.094, 10.919,
    ]  # fmt: skip
