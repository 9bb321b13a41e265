"""Printed by rdrobust 2.1.1 (Python), which the tests of regression-discontinuity are held to.

Run with an interpreter that has rdrobust: ``python rd_rdrobust.py``; no test imports it. Data are made
here; the last block is the United States Senate data that the package carries.
"""

import warnings

import numpy as np


def data(kind: str) -> dict[str, np.ndarray]:
    """Synthetic people about a line at 50; seeds and draws are shared with the test."""
    rng = np.random.default_rng(20140601)
    n = 600
    x = 50.0 + 20.0 * rng.beta(2.0, 2.5, n) - 8.0
    if kind == "heaped":
        x = np.round(x)
    u = (x - 50.0) / 10.0
    noise = rng.standard_normal(n)
    site = rng.integers(0, 45, n)
    shock = rng.standard_normal(90)
    weight = rng.choice([1.0, 2.0, 3.0], n)
    y = 3.0 + 0.8 * u - 1.5 * u**2 + u**3 + np.where(x >= 50.0, 0.9 - 0.5 * u, 0.0) + 0.6 * noise
    found = {"x": x, "y": y}
    if kind == "clusters":
        # Each cluster on one side of the line.
        found["cluster"] = site + 45 * (x >= 50.0)
        found["y"] = y + 0.4 * shock[found["cluster"]]
    if kind == "weights":
        found["weight"] = weight
    return found


def show(name: str, found: object) -> None:
    """One line: h, b, conventional and corrected jump, both errors, robust interval."""
    coef, se, ci = (np.asarray(getattr(found, k)).ravel() for k in ("coef", "se", "ci"))
    h, b = (float(np.asarray(found.bws)[k, 0]) for k in (0, 1))
    numbers = [h, b, coef[0], coef[2], se[0], se[2], ci[4], ci[5]]
    print(f'    "{name}": ({", ".join(repr(float(v)) for v in numbers)}),')


def main() -> None:
    """Print everything."""
    from rdrobust import rdrobust, rdrobust_RDsenate

    warnings.simplefilter("ignore")
    plain = data("plain")
    y, x = plain["y"], plain["x"]
    show("plain", rdrobust(y, x, c=50.0))
    show("epanechnikov", rdrobust(y, x, c=50.0, kernel="epanechnikov"))
    show("uniform", rdrobust(y, x, c=50.0, kernel="uniform"))
    show("quadratic", rdrobust(y, x, c=50.0, p=2))
    show("bandwidth 3", rdrobust(y, x, c=50.0, h=3.0))
    heaped, weighted, grouped = data("heaped"), data("weights"), data("clusters")
    show("heaped", rdrobust(heaped["y"], heaped["x"], c=50.0))
    show("weights", rdrobust(weighted["y"], weighted["x"], c=50.0, weights=weighted["weight"]))
    show(
        "clusters",
        rdrobust(grouped["y"], grouped["x"], c=50.0, cluster=grouped["cluster"], vce="cr1"),
    )
    senate = rdrobust_RDsenate()
    show("senate", rdrobust(senate.vote, senate.margin, c=0.0))


if __name__ == "__main__":
    main()
