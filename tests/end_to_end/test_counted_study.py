"""A verified list from its claims to the money, with an audit within its limit and beyond it."""

from __future__ import annotations

import json
from decimal import Decimal

import pandas as pd
import pytest
from counted_study import CHECKED, cases, run, write
from typer.testing import CliRunner

from impacteval.cli.app import app
from impacteval.errors import StudyError
from impacteval.report.reading import load_record


def clauses(report):
    return {row.name: row for row in report.record.page_one.clauses}


@pytest.fixture(scope="module")
def within(tmp_path_factory):
    """15 of 100 checked cases are wrong: exactly the 15% agreed."""
    return run(tmp_path_factory.mktemp("within"), cases(15))


@pytest.fixture(scope="module")
def beyond(tmp_path_factory):
    """16 of 100: more than was agreed."""
    return run(tmp_path_factory.mktemp("beyond"), cases(16))


def test_at_the_limit_the_claims_stand(within):
    rows = clauses(within)
    assert (rows["most"].verdict, rows["most"].value, rows["most"].amount) == (
        "met", "800", "20000.00",
    )  # fmt: skip
    assert rows["each"].amount == "8000.00"
    assert within.record.page_one.money.due_now == "28000.00"
    assert "decide.audit-kept" in [step.key for step in rows["most"].steps]
    # The estimate has the audit in it all the same: 800 less 15%.
    assert (rows["most"].claimed, rows["most"].estimate) == ("800", "680")


def test_beyond_the_limit_what_was_found_wrong_is_taken_off_the_claims(beyond):
    rows = clauses(beyond)
    assert Decimal(rows["most"].value) == Decimal(672)  # 800 x (1 - 0.16)
    assert (rows["most"].verdict, rows["most"].amount) == ("not_met", "0.00")
    assert rows["each"].amount == "6720.00"
    assert beyond.record.page_one.money.due_now == "6720.00"
    assert "decide.audit-cut" in [step.key for step in rows["each"].steps]


def test_nothing_is_said_of_what_would_have_happened_otherwise(within):
    (finding,) = within.record.findings
    row = clauses(within)["most"]
    assert (row.against, row.counterfactual, row.observed) == ("nothing", None, None)
    assert row.chance_nothing_or_harm is None
    assert (finding.against, finding.counterfactual, finding.p_value) == ("nothing", None, None)
    assert finding.periods == ()
    grade = within.record.page_one.evidence
    assert (grade.grade, grade.kind.key) == (1, "grade.kind.count-nothing")


def test_page_one_says_so_in_both_languages(beyond, tmp_path):
    from impacteval.render import write as write_report

    write_report(beyond, tmp_path)
    english = (tmp_path / "report.en.md").read_text(encoding="utf-8")
    french = (tmp_path / "report.fr.md").read_text(encoding="utf-8")
    for said in (
        "what would have happened otherwise was not estimated",
        "Without the programme: – not estimated: no comparison",
        "The audit found 16% wrong, more than the 15% agreed: 800 less 16% is 672.",
        "confidence that the true count passes",
        "Of 800 claimed cases 100 were checked again, and 16 of these were found wrong: 16%.",
    ):
        assert said in english.replace("\u00a0", " "), said
    for said in (
        "ce qui se serait passé autrement n’a pas été estimé",
        "non estimé : pas de comparaison",
        "L’audit a trouvé 16 % d’erreurs, plus que les 15 % convenus",
        "de confiance que le nombre réel atteint le seuil",
    ):
        plain = french.replace("\u00a0", " ").replace("\u202f", " ").replace("'", "’")
        assert said in plain, said


def test_the_audit_is_a_check_that_fails_beyond_its_limit_and_does_not_decide(within, beyond):
    for report, status in ((within, "passed"), (beyond, "failed")):
        (check,) = report.record.findings[0].diagnostics
        assert (check.name, check.status, check.required) == ("audit", status, False)


def without_audit(planned):
    planned["analyses"]["enrolled"]["columns"].pop("audited")


def test_without_an_audit_nothing_is_judged(tmp_path):
    report = run(tmp_path, cases(0), plan_change=without_audit)
    rows = clauses(report)
    assert [row.verdict for row in rows.values()] == ["cannot_be_judged"] * 2
    assert rows["most"].reason.key == "decide.no-audit"
    assert report.record.page_one.money.total is None


def test_an_audit_that_checked_nothing_is_no_audit(tmp_path):
    report = run(tmp_path, cases(0, checked=0))
    assert clauses(report)["most"].reason.key == "counts.nothing-checked"


def test_the_numbers_of_an_audit_can_stand_in_the_plan(tmp_path):
    def told(planned):
        without_audit(planned)
        planned["analyses"]["enrolled"]["estimator"]["settings"] = {
            "audit": {"checked": CHECKED, "wrong": 16}
        }

    report = run(tmp_path, cases(0), plan_change=told)
    assert report.record.page_one.money.due_now == "6720.00"


def test_by_strata_each_counts_by_its_size(tmp_path):
    df = cases(16)
    df["block"] = "east"
    claimed = df.index[df["enrolled"] == 1]
    unchecked = claimed[df.loc[claimed, "found"].isna()]
    df.loc[unchecked[:200], "block"] = "west"
    df.loc[unchecked[:20], "found"] = 1.0
    df.loc[df["enrolled"] == 0, "block"] = "west"

    def by_block(planned):
        planned["analyses"]["enrolled"]["columns"]["stratum"] = "block"

    report = run(tmp_path, df, plan_change=by_block)
    # East: 16 of 100 wrong among 600; west: none of 20 among 200. 96 of 800 is 12%.
    row = clauses(report)["most"]
    assert (row.verdict, row.value, row.estimate) == ("met", "800", "704")


def test_the_rate_is_judged_the_same_way(tmp_path):
    def rate(agreed):
        agreed["outcomes"]["enrolled"]["effect"] = "verified_rate"
        agreed["outcomes"]["enrolled"]["unit"] = {"en": "share", "fr": "part"}
        agreed["payment"] = {
            "threshold": {
                "name": "most", "when": {"enrolled": {"at_least": "0.7"}}, "pay": 20000,
            }
        }  # fmt: skip

    def by_rate(planned):
        planned["analyses"]["enrolled"]["scale"] = "difference"
        planned["analyses"]["enrolled"]["estimator"] = {"name": "verified-rate"}

    report = run(tmp_path, cases(15), contract_change=rate, plan_change=by_rate)
    row = clauses(report)["most"]
    assert (row.verdict, row.value, row.claimed, row.estimate) == ("met", "0.8", "0.8", "0.68")


def test_a_lower_bound_of_the_true_count_can_decide(tmp_path):
    def bound(agreed):
        agreed["decide_on"] = {"lower_bound": {"level": "0.95", "sides": "one"}}
        agreed["audit"].pop("limit")

    report = run(tmp_path, cases(5), contract_change=bound)
    row = clauses(report)["most"]
    # 100 of 800 checked, 95 right: scipy.stats.hypergeom.sf(94, 800, k, 100) passes 5% at k = 722.
    from scipy.stats import hypergeom

    least = next(k for k in range(801) if hypergeom.sf(94, 800, k, 100) > 0.05)
    assert (row.verdict, Decimal(row.value)) == ("met", Decimal(least))


def test_the_record_reads_back(beyond, tmp_path):
    from impacteval.render import write as write_report

    write_report(beyond, tmp_path)
    again = load_record(tmp_path / "verdict.json")
    assert again.page_one.clauses == beyond.record.page_one.clauses
    assert (
        json.loads((tmp_path / "verdict.json").read_text())["findings"][0]["against"] == "nothing"
    )


def test_the_order_of_the_rows_does_not_matter(beyond, tmp_path):
    shuffled = cases(16).sample(frac=1.0, random_state=3)
    again = run(tmp_path, shuffled)
    assert again.findings["enrolled"].estimate == beyond.findings["enrolled"].estimate


def test_audited_goes_with_counts_only(tmp_path):

    def trial(planned):
        planned["analyses"]["enrolled"]["design"] = "rct"

    write(tmp_path, cases(16), plan_change=trial)
    from impacteval.study import load_study

    with pytest.raises(StudyError, match="Design rct has no audit of cases"):
        load_study(tmp_path)


def test_what_an_audit_found_decides_nobody_s_place(tmp_path):
    from impacteval.study import load_study

    def peek(planned):
        planned["analyses"]["enrolled"]["eligible"] = [
            {"column": "found", "equals": "1", "because": "x"}
        ]

    write(tmp_path, cases(16), plan_change=peek)
    with pytest.raises(StudyError, match="nothing that decides who is counted"):
        load_study(tmp_path)


def test_an_estimator_of_another_counterfactual_is_refused(tmp_path):
    def fixed(planned):
        planned["analyses"]["enrolled"]["estimator"] = {
            "name": "fixed-rate",
            "settings": {"rate": 0.5},
        }

    with pytest.raises(StudyError, match="compares with a stated rate"):
        run(tmp_path, cases(16), plan_change=fixed)


# --- audit draw ---------------------------------------------------------------------------------


def draw(*arguments):
    return CliRunner().invoke(app, ["audit", "draw", *map(str, arguments)])


def test_drawn_from_a_study_whose_audit_is_still_to_come(tmp_path):
    folder = write(tmp_path / "study", cases(16).drop(columns="found"))
    out = tmp_path / "audit.csv"
    result = draw(folder, "--seed", 7, "--n", 30, "--out", out)
    assert result.exit_code == 0, result.output
    assert "30 of 800 claimed cases were drawn by lot" in result.output.replace("\n", " ")
    drawn = pd.read_csv(out)
    assert list(drawn.columns) == ["child", "found"]
    claimed = set(cases(16).query("enrolled == 1")["child"])
    assert len(set(drawn["child"])) == 30
    assert set(drawn["child"]) <= claimed
    assert drawn["found"].isna().all()


def test_what_was_drawn_can_be_filled_in_and_judged(tmp_path):
    df = cases(0).drop(columns="found")
    folder = write(tmp_path / "study", df)
    out = tmp_path / "audit.csv"
    assert draw(folder, "--seed", 7, "--n", 50, "--out", out).exit_code == 0
    audit = pd.read_csv(out)
    audit["found"] = [0.0] * 10 + [1.0] * 40
    report = run(tmp_path / "filled", df.merge(audit, on="child", how="left"))
    assert report.record.page_one.money.due_now == "6400.00"  # 800 x (1 - 10/50) x 10
