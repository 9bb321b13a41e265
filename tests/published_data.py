"""Published data that packages carry: what reference tests read, and nothing of it is kept here."""

from __future__ import annotations

import gzip
import pickle
from functools import cache
from importlib.metadata import distribution
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


def prop99() -> pd.DataFrame:
    """Cigarette sales of 39 US states, 1970 to 2000; California raised its tax from 1989 on.

    Columns: State, Year, PacksPerCapita, treated (Abadie, Diamond and Hainmueller 2010). Read from
    the files of the package, whose import name another package uses as well.
    """
    path = distribution("synthdid-py").locate_file("synthdid/data/california_prop99.csv")
    return pd.read_csv(str(path), sep=";")


def texas() -> pd.DataFrame:
    """Prisoners of 50 US states and Washington, 1985 to 2000; Texas built prisons from 1993 on.

    Among its columns: statefip, state, year, bmprison (black men in prison).
    """
    with as_file(files("causaldata") / "texas/texas.dta") as path:
        return pd.read_stata(path)
