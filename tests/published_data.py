"""Published data that packages carry: what reference tests read, and nothing of it is kept here."""

from __future__ import annotations

import gzip
import pickle
from functools import cache
from importlib.resources import as_file, files

import pandas as pd


@cache
def _mpdta() -> pd.DataFrame:
    packed = (files("moderndid") / "core/datasets/mpdta_long.pkl.gz").read_bytes()
    found: pd.DataFrame = pickle.loads(gzip.decompress(packed))
    return found.rename(columns={"countyreal": "county", "first.treat": "first_treat"})


def mpdta() -> pd.DataFrame:
    """Teen employment of 500 US counties, 2003 to 2007 (Callaway and Sant'Anna 2021).

    Columns: year, county, lpop, lemp, first_treat (0 never), treat.
    """
    return _mpdta().copy()


def ehec() -> pd.DataFrame:
    """Health insurance by US state and year, and the year in which Medicaid was expanded."""
    packed = (files("moderndid") / "core/datasets/ehec_data.pkl.gz").read_bytes()
    found: pd.DataFrame = pickle.loads(gzip.decompress(packed))
    return found


def df_het() -> pd.DataFrame:
    """A simulated panel with effects that differ by group, from pyfixest."""
    with as_file(files("pyfixest") / "did/data/df_het.csv") as path:
        return pd.read_csv(path)
