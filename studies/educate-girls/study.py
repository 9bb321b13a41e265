# %% [markdown]
# # Two kinds of evidence in one contract
#
# **Illustration: synthetic data and a contract that nobody signed. No payment follows from it.**
#
# From 2015 to 2018 a development impact bond paid for schooling in Rajasthan. Villages drawn by lot
# were served by Educate Girls. Two results were paid for: what pupils learned, *measured against
# villages that were not drawn*, and how many girls out of school were enrolled, *counted on a list
# that was checked*. The first says what the programme changed. The second says what happened, and
# nothing about what would have happened anyway. One payment hangs on both.
#
# The children of the bond are not public, and these are not they. `make_data.py` invents pupils and
# girls in the shape of the public description and of the size of the published results. So this
# notebook cannot say whether the programme worked. It shows how an evaluator reads such a contract
# from its first line to the money, and what remains open at the end.

# %% [markdown]
# ## En bref
#
# **Illustration : données synthétiques et contrat que personne n'a signé. Aucun paiement n'en découle.**
#
# Les élèves sont inventés ; seules l'ampleur et la forme suivent ce qui a été publié sur le contrat
# Educate Girls. Apprentissages : environ 8 940 niveaux de plus que dans les villages non tirés au sort,
# pour un objectif de 5 592, soit 160 % (essai randomisé par village, niveau de preuve 5 sur 5).
# Inscription : 92 % des filles recensées, pour un objectif de 79 %, soit 116 % (liste vérifiée, sans
# comparaison, niveau 1 sur 5). Le panier atteint 151 %. Le montant payé à 100 % n'est pas public : le
# plafond de 422 000 dollars joue dès que ce montant est d'au moins 279 122,44 dollars. Le rapport
# complet existe en français : `report.fr.html` et `report.fr.pdf`.

# %% tags=["parameters"]
# Level of the two-sided intervals printed below. The contract does not depend on it.
level: float = 0.95

# %%
from decimal import ROUND_UP, Decimal

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Markdown

import impacteval as ie
from impacteval.contract.sentences import explain_sentences
from impacteval.notebook import publish
from impacteval.render.format import fill, number, percent
from impacteval.study.auditing import cases_of_study, draw
from impacteval.study.locking import prepare_now

study = ie.load_study(".")  # the folder of this notebook
contract, plan = study.contract, study.plan
currency = contract.currency
assert plan.synthetic
LABEL = "synthetic pupils"


def said(message):
    """A sentence of the record, with its figures."""
    return fill(message, "en", currency)


def listed(lines, bullet="-"):
    """One line under the other."""
    return Markdown("\n".join(f"{bullet} {line}" for line in lines))


def table(heads, rows):
    """A table whose cells are sentences."""
    lines = [heads, ["---"] * len(heads), *rows]
    return Markdown("\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines))


# %% [markdown]
# ## The contract
#
# The terms are the published ones. What is not public stays `not_published`: above all what is paid
# at 100 percent of the targets.

# %%
listed(said(sentence) for sentence in explain_sentences(contract))

# %% [markdown]
# ## What was fixed beforehand
#
# Contract and plan are locked, and the sample is frozen without its outcomes. One reservation belongs
# here: the script that makes the data stands beside them, so nobody was kept from the result.

# %%
table(
    ["", "locked", "found now"],
    [
        ["contract", study.lock.contract.digest[:23] + "…", study.contract_digest[:23] + "…"],
        ["plan", study.lock.plan.digest[:23] + "…", study.plan_digest[:23] + "…"],
    ],
)

# %%
again = prepare_now(study).samples
assert again == study.prepared.samples
table(
    ["analysis", "rows", "served", "frozen digest, found again"],
    [[s.analysis, s.rows, s.treated or "–", s.blind_digest[:23] + "…"] for s in again],
)

# %% [markdown]
# ## Who is counted, before looking at outcomes
#
# The lot was drawn among villages, so villages are what the evidence is counted in. The column of
# outcomes, `gain`, is not read from the file at this step.

# %%
pupils = study.read("pupils", outcomes=False)
assert "gain" not in pupils.columns
arm = pupils["served"].map({1: "drawn, served", 0: "not drawn"}).rename("villages")
pupils.groupby(arm).agg(
    villages=("village", "nunique"),
    pupils=("pupil", "size"),
    girls=("girl", lambda girl: f"{girl.mean():.1%}"),
    levels_at_start=("start", lambda start: f"{start.mean():.2f}"),
).rename_axis(f"{LABEL}")

# %% [markdown]
# ### Pupils missing at each round
#
# There were four rounds of tests. Whoever missed the fourth has no gain and is counted as lost; nobody
# is filled in. The rounds are not part of the plan, so this table reads the file itself.

# %%
whole = pd.read_parquet("pupils.parquet")
rounds = [f"subject1_round{r}" for r in (1, 2, 3, 4)]
missing = whole.groupby(arm)[rounds].agg(lambda score: score.isna().mean()).T
missing.index = [f"missing in round {r}" for r in (1, 2, 3, 4)]
missing.map(lambda share: f"{share:.1%}")

# %% [markdown]
# Much the same on both sides, a little under one pupil in six at the end. The contract of this
# illustration withholds its verdict if the two sides differ by more than five points. Like shares do not
# say that like pupils were lost; what that could do to the result is bounded below.

# %% [markdown]
# ### The list of girls, and its audit
#
# The provider lists girls out of school and says who was enrolled. Of those claimed, 150 were drawn by
# lot and looked for again. The draw depends on a seed and on the list alone: here it is, drawn again.

# %%
girls = study.read("girls")
cases = cases_of_study(study, analysis="enrolment", stratum=None)
drawn = draw(cases, n=150, seed=20180213)
checked = girls["found"].notna()
assert {cases.labels[row] for row in drawn.rows} == set(girls.loc[checked, "girl"])
table(
    ["girls on the list", "claimed as enrolled", "checked again", "found wrong"],
    [
        [
            len(girls),
            int(girls["enrolled"].sum()),
            int(checked.sum()),
            int((girls["found"] == 0).sum()),
        ]
    ],
)

# %% [markdown]
# The same draw from a terminal:
#
#     impacteval audit draw studies/educate-girls --seed 20180213 --n 150 --out audit.csv

# %% [markdown]
# ## The results
#
# One call: it reads the outcomes, estimates as planned, runs the checks, asks the contract and
# decides.

# %%
report = ie.verify(study)
page = report.record.page_one
listed(
    [
        f"**{said(page.headline)}**",
        *(f"*{clause.name}*: {said(clause.sentence)}" for clause in page.clauses),
        *(said(note) for note in (*page.changes, *page.warnings)),
    ]
)

# %% [markdown]
# ## Two kinds of evidence
#
# This table matters more than the two numbers. The payment adds up results that are not equally known.

# %%
table(
    ["outcome", "evidence", "grade"],
    [
        [one.plain_name.en, said(one.kind), f"{one.grade} of {one.of}"]
        for one in page.evidence_by_outcome
    ],
)

# %% [markdown]
# ## Learning, checked by hand
#
# Least squares in a few lines of numpy on the file itself, without any of our code: the average
# difference between served and other villages with levels at the start, sex and school year held
# equal, times the number of pupils served whose gain is known. The standard error from the sums of
# villages is the plain one (CR0); the planned one, CR2, allows for the fact that a regression fits its
# own data too well, and is a little larger.

# %%
found = report.findings["learning"].estimate
known = whole[whole["gain"].notna()]
y = known["gain"].to_numpy(dtype="float64")
x = np.column_stack(
    [np.ones(len(known)), known[["served", "start", "girl", "grade"]].to_numpy(dtype="float64")]
)
inverse = np.linalg.inv(x.T @ x)
slopes = inverse @ x.T @ y
served = int(known["served"].sum())
residual = y - x @ slopes
sums = pd.DataFrame(x * residual[:, None]).groupby(known["village"].to_numpy()).sum().to_numpy()
error = served * np.sqrt((inverse @ sums.T @ sums @ inverse)[1, 1])
assert np.isclose(served * slopes[1], found.effect.value, rtol=1e-9)
assert 1 < found.effect.std_error / error < 1.03
interval = found.effect.interval(level)
by_hand = pd.DataFrame(
    {
        "by hand": [slopes[1], served, served * slopes[1], error],
        "impacteval": [
            found.observed - found.counterfactual,
            found.n_treated,
            found.effect.value,
            found.effect.std_error,
        ],
    },
    index=["levels a pupil", "pupils served", "levels in total", "standard error (CR0, CR2)"],
)
by_hand.round(2)

# %%
print(f"{percent(level, 'en')} interval: {interval.low:,.0f} to {interval.high:,.0f} levels")
print(f"Gain in the villages that were not drawn: {found.counterfactual:.2f} levels a pupil,")
print(f"so the difference is {(slopes[1] / found.counterfactual):.0%} of it")

# %% [markdown]
# ### What the pupils who were lost could do
#
# Each row makes one assumption about them, from the strongest to none at all, and says between which
# ends the effect then lies and whether the verdict is the same at both.

# %%
described = next(f for f in report.record.findings if f.outcome == "learning")
table(
    ["assumption about those lost", "lowest", "highest", "would a verdict change?"],
    [
        [
            bound.title.en,
            number(bound.low, "en", 0),
            number(bound.high, "en", 0),
            "yes" if bound.flips else "no",
        ]
        for bound in described.losses
        if bound.low is not None
    ],
)

# %% [markdown]
# If losing pupils goes one way, the verdict stands with much to spare, because the two sides lost nearly
# the same share. If it goes any way, or nothing is assumed, nearly one pupil in six can be anything in
# either arm, and the data alone no longer decide: that is so in most trials that lose as many. Which
# row to believe is a judgement about schools and not about statistics.

# %% [markdown]
# ### By sex and by block
#
# For information: no clause reads these, and three blocks are three chances to see something. Each
# row is the planned method on the pupils of that row, with its own interval; none is corrected for
# there being five of them. The report gives the blocks with that correction, and asks whether they
# differ at all.

# %%
from impacteval.estimators.randomised.cluster_randomised import ClusterRandomised
from impacteval.sample import Sample
from impacteval.values import Scale


def effect_among(rows, traits):
    """Levels a pupil among some pupils, by the planned method."""
    sample = Sample.from_frame(
        rows,
        design="rct",
        outcome="gain",
        treatment="served",
        unit="pupil",
        cluster="village",
        assignment_cluster="village",
        covariates=traits,
        missing_outcome="attrited",
    )
    rng = np.random.default_rng(plan.seed)
    return ClusterRandomised().estimate(sample, scale=Scale.DIFFERENCE, rng=rng).effect


parts = {
    "all": (whole, ["start", "girl", "grade"]),
    "girls": (whole[whole["girl"] == 1], ["start", "grade"]),
    "boys": (whole[whole["girl"] == 0], ["start", "grade"]),
    **{
        f"block {block}": (rows, ["start", "girl", "grade"])
        for block, rows in whole.groupby("block")
    },
}
effects = {name: effect_among(*part) for name, part in parts.items()}
names = list(effects)[::-1]
bands = {name: effects[name].interval(level) for name in names}

figure, axes = plt.subplots(figsize=(8, 3), layout="constrained")
for at, name in enumerate(names):
    axes.hlines(at, bands[name].low, bands[name].high, color="#1f4e79", linewidth=3, alpha=0.4)
    axes.plot(effects[name].value, at, "o", color="#1f4e79")
    axes.annotate(
        f"{effects[name].value:.2f}",
        (effects[name].value, at),
        (0, 6),
        textcoords="offset points",
        ha="center",
    )
axes.axvline(0, color="#1b2430", linewidth=0.8)
axes.set_yticks(range(len(names)), names)
axes.set(
    xlabel=f"levels gained a pupil, served less others ({LABEL})", ylim=(-0.5, len(names) - 0.3)
)
axes.spines[["top", "right"]].set_visible(False)
plt.show()

# %% [markdown]
# ## Enrolment, checked by hand
#
# The audit found fewer claims wrong than the 15 percent that the contract allows, so the claims stand.
# The estimate takes the share found wrong off all the same. That the true rate is 92 percent is
# what was claimed and allowed to stand, not what the audit estimates. And neither number says how many
# of these girls would have gone to school anyway.

# %%
claimed = int(girls["enrolled"].sum()) / len(girls)
wrong = (girls["found"] == 0).sum() / checked.sum()
rate = report.findings["enrolment"].estimate
assert np.isclose(rate.effect.value, claimed * (1 - wrong))
bounds = rate.effect.interval(level)
table(
    ["", "percent of the girls listed"],
    [
        ["claimed", f"{claimed:.2%}"],
        ["less the share found wrong", f"{rate.effect.value:.2%}"],
        [f"{percent(level, 'en')} interval", f"{bounds.low:.2%} to {bounds.high:.2%}"],
        ["compared by the contract", f"{page.clauses[1].value}%"],
    ],
)

# %% [markdown]
# ## From the results to the money

# %%
listed((said(step) for step in report.record.money_steps), bullet="1.")

# %% [markdown]
# The same with a pencil. Both parts are beyond their targets and count for what they are: the basket
# stands at about 151 percent. What 100 percent is worth is not public. If it is worth more than the
# ceiling divided by that index, the ceiling decides, and every level beyond is free for the payer.

# %%
learning, enrolment = (Decimal(clause.value) for clause in page.clauses)
index = Decimal("0.8") * learning / 5592 + Decimal("0.2") * enrolment / 79
from_here = (Decimal(422000) / index).quantize(Decimal("0.01"), ROUND_UP)
print(f"learning {learning / 5592:.0%}, enrolment {enrolment / 79:.0%}, basket {index:.2%}")
print(f"the ceiling binds if 100% is worth {currency} {from_here:,} or more")
assert report.record.page_one.money.due_now == "not_published"

# %% [markdown]
# The published record of the bond says that the ceiling was paid. This study does not conclude it from
# its terms: with an amount missing, the report says “not published” and shows no figure for the money.

# %% [markdown]
# ## The other planned analyses

# %%
table(
    ["analysis", "levels in total", "95% interval", "verdict"],
    [
        [
            row.title.en,
            number(row.estimate, "en", 0),
            f"{number(row.interval.low, 'en', 0)} to {number(row.interval.high, 'en', 0)}",
            row.verdicts["learning-part"].replace("_", " "),
        ]
        for row in described.robustness
    ],
)

# %% [markdown]
# ## What is not known

# %%
listed(text.en for text in report.record.unknowns)

# %% [markdown]
# ## Where the report is
#
#     impacteval verify studies/educate-girls --out out/educate-girls
#
# writes the report in English and French, as HTML and PDF, and `verdict.json`. The digest below is
# that of the record: the same digest, the same report.

# %%
publish(
    level=level,
    levels=found.effect.value,
    std_error=found.effect.std_error,
    interval=[interval.low, interval.high],
    rate_claimed=claimed,
    rate_audited=rate.effect.value,
    by_part={name: effect.value for name, effect in effects.items()},
    grades={one.outcome: one.grade for one in page.evidence_by_outcome},
    index=index,
    ceiling_binds_from=from_here,
    due_now=page.money.due_now,
    record=report.digest,
)
print(report.digest)
