"""Drawing an audit: the same cases for everybody, by lot, and one clear error for each fault."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from impacteval.cli.app import app
from impacteval.cli.run import run
from impacteval.errors import UsageError
from impacteval.study.auditing import CaseList, allocate, cases_of, draw, number_of


def listed(labels, strata=()):
    return CaseList(tuple(labels), tuple(strata), "case", "site" if strata else "", 0)


def names(sample):
    return [sample.cases.labels[k] for k in sample.rows]


LABELS = [f"C{k:03d}" for k in range(200)]


def test_by_hand_with_the_numbers_that_anybody_can_compute():
    numbers = {c: hashlib.sha256(f"7:{c}".encode()).hexdigest() for c in LABELS}
    assert names(draw(listed(LABELS), n=5, seed=7)) == sorted(LABELS, key=numbers.get)[:5]
    assert number_of(7, "C000") == numbers["C000"]


@given(st.randoms(use_true_random=False), st.integers(1, 200), st.integers(0, 99))
def test_the_order_of_the_rows_has_no_say(shuffler, n, seed):
    shuffled = list(LABELS)
    shuffler.shuffle(shuffled)
    first, second = (draw(listed(x), n=n, seed=seed) for x in (LABELS, shuffled))
    assert names(first) == names(second)
    assert first.digest == second.digest
    assert len(set(names(first))) == n


def test_a_longer_sample_holds_the_shorter_one_and_another_seed_another_sample():
    long, short = (names(draw(listed(LABELS), n=n, seed=3)) for n in (50, 20))
    assert long[:20] == short
    assert set(short) != set(names(draw(listed(LABELS), n=20, seed=4)))


def test_every_case_is_drawn_as_often_as_the_others():
    times = np.zeros(20)
    for seed in range(4000):
        times[list(draw(listed(LABELS[:20]), n=5, seed=seed).rows)] += 1
    # Each is drawn a quarter of the time; 19 degrees of freedom, one in a thousand above 43.8.
    expected = 4000 * 0.25
    assert ((times - expected) ** 2 / (expected * 0.75)).sum() * 19 / 20 < 43.8


def test_strata_get_their_share_and_one_at_least():
    strata = ["east"] * 150 + ["west"] * 48 + ["north"] * 2
    found = draw(listed(LABELS, strata), n=20, seed=1)
    assert found.by_stratum() == {"east": (15, 150), "north": (1, 2), "west": (4, 48)}
    order = list(range(200))
    random.Random(5).shuffle(order)
    again = draw(listed([LABELS[k] for k in order], [strata[k] for k in order]), n=20, seed=1)
    assert sorted(names(again)) == sorted(names(found))


@given(
    st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(1, 40), min_size=1),
    st.data(),
)
def test_shares_add_up_and_nobody_gets_more_than_there_is(sizes, data):
    n = data.draw(st.integers(len(sizes), sum(sizes.values())))
    quota = allocate(sizes, n)
    assert sum(quota.values()) == n
    assert all(1 <= quota[name] <= size for name, size in sizes.items())


def test_too_many_or_too_few():
    with pytest.raises(UsageError, match="201 cases cannot be drawn from 200"):
        draw(listed(LABELS), n=201, seed=1)
    with pytest.raises(UsageError, match="from 2 strata"):
        draw(listed(["a", "b"], ["x", "y"]), n=1, seed=1)


def test_every_fault_of_the_labels_is_told_at_once():
    df = pd.DataFrame({"case": ["a", "a", None, "b"], "site": ["x", "", "x", "y"]})
    with pytest.raises(UsageError) as caught:
        cases_of(df, unit="case", claimed=None, stratum="site")
    told = [problem.what for problem in caught.value.problems]
    assert told == [
        "Column 'case' is empty in 1 row.",
        "Column 'site' is empty in 1 row.",
        "Column 'case' has 1 label more than once: a.",
    ]


def test_only_what_is_claimed_is_drawn():
    df = pd.DataFrame({"case": LABELS, "y": [1.0, 0.0] * 99 + [np.nan, 0.0]})
    found = cases_of(df, unit="case", claimed="y", stratum=None)
    assert (len(found.labels), found.left_out) == (99, 101)
    with pytest.raises(UsageError, match="No row claims anything"):
        cases_of(df.assign(y=0.0), unit="case", claimed="y", stratum=None)


# --- the command ----------------------------------------------------------------------------------


def command(*arguments):
    return CliRunner().invoke(app, ["audit", "draw", *map(str, arguments)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cases.csv"
    pd.DataFrame(
        {"case": LABELS, "y": [1, 0] * 100, "site": ["east", "east", "west", "west"] * 50}
    ).to_csv(path, index=False)
    return path


def test_the_file_that_is_filled_in(file, tmp_path):
    out = tmp_path / "audit.csv"
    done = command(
        file, "--seed", 7, "--n", 10, "--claimed", "y", "--stratum", "site", "--out", out
    )
    assert done.exit_code == 0, done.output
    drawn = pd.read_csv(out)
    assert list(drawn.columns) == ["case", "site", "found"]
    assert drawn["site"].value_counts().to_dict() == {"east": 5, "west": 5}
    assert out.read_text().splitlines()[1].endswith(",")
    assert "stratum: site" in done.output


def test_in_french(file, tmp_path):
    done = command(file, "--seed", 7, "--n", 2, "--out", tmp_path / "a.csv", "--lang", "fr")
    assert "2 dossiers sur 200 déclarés ont été tirés au sort" in done.output.replace("\n", " ")


def test_a_file_that_may_be_filled_in_already_is_never_overwritten(file, tmp_path):
    out = tmp_path / "audit.csv"
    out.write_text("filled in")
    with pytest.raises(UsageError, match="may hold what an auditor has filled in"):
        raise_from(file, "--seed", 7, "--n", 2, "--out", out)
    assert out.read_text() == "filled in"


def raise_from(*arguments):
    result = command(*arguments)
    assert result.exception is not None
    raise result.exception


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--n", 201), "201 cases cannot be drawn from 200."),
        (("--n", 2, "--unit", "csae"), "there is no column 'csae'"),
        (("--n", 2, "--stratum", "y", "--analysis", "x"), "--analysis does not go with this."),
        (("--n", 2, "--separator", ";;"), "--separator is one character."),
        (("--n", 2, "--claimed", "site"), "site"),
    ],
)
def test_one_clear_error(file, tmp_path, arguments, told, capsys):
    with pytest.raises(SystemExit) as left:
        run(["audit", "draw", str(file), "--seed", "7", *map(str, arguments),
             "--out", str(tmp_path / "no.csv")])  # fmt: skip
    assert left.value.code == 2
    shown = capsys.readouterr()
    assert told in " ".join(shown.err.split())
    assert "Traceback" not in shown.err
    assert not (tmp_path / "no.csv").exists()


def test_no_such_file(tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        run(["audit", "draw", str(tmp_path / "none.csv"), "--seed", "7", "--n", "2"])
    assert left.value.code == 2
    assert "There is no file or folder" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"\n\n", b",y\n1,2\n"])
def test_files_that_hold_no_list(tmp_path, content, capsys):
    path = tmp_path / "cases.csv"
    path.write_bytes(content)
    with pytest.raises(SystemExit) as left:
        run(["audit", "draw", str(path), "--seed", "7", "--n", "1", "--out", str(tmp_path / "o")])
    assert left.value.code == 2
    assert "Traceback" not in capsys.readouterr().err
