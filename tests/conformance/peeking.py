"""Part of a broken estimator: reads the contract inside a function, where nobody looks."""


def rounded(estimate):
    from impacteval.contract import units

    return units and estimate
