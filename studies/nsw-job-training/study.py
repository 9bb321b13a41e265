# %% [markdown]
# # Did job training raise earnings?
#
# **Illustration: real data, a contract that nobody signed. No payment follows from it.**
#
# In the 1970s the National Supported Work programme offered people far from employment a subsidised
# job with close supervision for nine to eighteen months. A lot decided who was offered a place.
# The question of this study: *how much more did the men who were offered a place earn in 1978 than
# they would have earned otherwise, and what would a contract that pays for that gain have paid?*
#
# The notebook goes in the order in which an evaluator works. First the contract, and what was fixed
# before any outcome was used. Then the people, without their outcomes. Only then the result, the
# money, and what remains unknown. Every table and every drawing is computed when the notebook runs,
# by the same functions that write the report.

# %% [markdown]
# ## En bref
#
# **Illustration : données réelles, contrat que personne n'a signé. Aucun paiement n'en découle.**
#
# L'essai National Supported Work a tiré au sort 185 hommes à qui un emploi aidé a été proposé et 260
# à qui il ne l'a pas été. En 1978, les premiers ont gagné en moyenne 1 794,34 dollars de plus que les
# seconds. Le contrat illustratif compare l'estimation elle-même à un seuil de 1 000 dollars : le seuil
# est atteint et 189 717 dollars seraient dus. Si le contrat comparait la borne inférieure de
# l'intervalle de confiance, rien ne serait dû. La phrase du contrat qui dit *quel nombre on compare*
# décide donc de tout. Le rapport complet existe en français : `report.fr.html` et `report.fr.pdf`.

# %% tags=["parameters"]
# Level of the two-sided intervals drawn and printed below. The contract does not depend on it.
level: float = 0.95

# %%
from decimal import Decimal

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Markdown

import impacteval as ie
from impacteval.contract.sentences import explain_sentences
from impacteval.notebook import publish
from impacteval.render.format import fill, money, number, percent
from impacteval.study.locking import prepare_now

study = ie.load_study(".")  # the folder of this notebook
contract, plan = study.contract, study.plan
currency = contract.currency


def said(message):
    """A sentence of the record, with its figures."""
    return fill(message, "en", currency)


def usd(amount):
    """Dollars and cents, for reading."""
    return f"{currency}\N{NO-BREAK SPACE}{number(amount, 'en', 2)}"


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
# `contract.yaml` says what is paid for which result. Here it is, said back in plain words from the
# file: change a number there and it changes here.

# %%
listed(said(sentence) for sentence in explain_sentences(contract))

# %% [markdown]
# ## What was fixed beforehand
#
# The lock holds the digests of contract and plan and the names and types of the columns, not a single
# value. If the contract differs from the locked one, nothing is verified; if the plan differs, the
# report prints each difference.
#
# One reservation belongs here. The outcomes of this trial have been public since 1986. The lock shows
# that contract and plan did not change since they were locked; it cannot show that whoever wrote them
# had not seen the result.

# %%
table(
    ["", "locked", "found now"],
    [
        ["contract", study.lock.contract.digest[:23] + "…", study.contract_digest[:23] + "…"],
        ["plan", study.lock.plan.digest[:23] + "…", study.plan_digest[:23] + "…"],
    ],
)

# %% [markdown]
# The plan names the analysis that decides, and two others that inform, before any of them is run.

# %%
planned = plan.analyses["earnings"]
table(
    ["analysis", "estimator", "decides"],
    [
        ["the planned one", planned.estimator.name, "yes"],
        *([a.title.text()["en"], a.estimator.name, "no"] for a in planned.robustness),
    ],
)

# %% [markdown]
# ## Who is counted, before looking at outcomes
#
# The column of outcomes, `re78`, is not read from the file at this step.

# %%
people = study.read("people", outcomes=False)
assert "re78" not in people.columns
arm = people["treat"].map({1: "offered a place", 0: "not offered"})
arm.value_counts().rename_axis("men").to_frame("number")

# %% [markdown]
# The sample was frozen beforehand in `prepared.json`. Whoever prepares it again must get the same
# digest; if not, nothing is verified.

# %%
frozen = study.prepared.samples[0]
again = prepare_now(study).samples[0]
assert again == frozen
print(f"Frozen: {frozen.rows} rows, {frozen.treated} offered a place")
print(f"        {frozen.blind_digest}")
print(f"Again:  {again.blind_digest}")

# %% [markdown]
# ### Were the two groups alike?
#
# Chance makes groups alike on average, not exactly. The last column is the difference of the means in
# standard deviations (of the two groups, pooled half and half).

# %%
facts = people.drop(columns="treat").astype("float64")
offered, others = facts[people["treat"] == 1], facts[people["treat"] == 0]
spread = np.sqrt((offered.var() + others.var()) / 2)
balance = pd.DataFrame(
    {
        "offered a place": offered.mean(),
        "not offered": others.mean(),
        "standardised difference": (offered.mean() - others.mean()) / spread,
    }
)
balance.rename(index={n: w.text()["en"] for n, w in planned.covariate_names.items()}).round(2) + 0.0

# %% [markdown]
# One difference stands out: fewer of the men offered a place had left school without a degree. It is
# larger than the limit of 0.25 that the plan had set. The plan may set such a limit, but only the
# contract can withhold a verdict, and this contract does not for this check. So the study goes on, page 1 of
# the report says so, and the analysis within men with and without a degree, named in the plan, tells
# how much it matters.

# %% [markdown]
# ## The outcomes
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
# ## Checked by hand
#
# The estimator is the difference in means with Neyman's standard error. Both fit in a few lines of
# numpy on the data as the package ships them, without any of our code.

# %%
import causaldata

raw = causaldata.nsw_mixtape.load_pandas().data
earnings = raw["re78"].to_numpy(dtype="float64")
place = raw["treat"].to_numpy() == 1
y1, y0 = earnings[place], earnings[~place]
v1, v0 = y1.var(ddof=1) / y1.size, y0.var(ddof=1) / y0.size
by_hand = {
    "mean, offered a place": y1.mean(),
    "mean, not offered": y0.mean(),
    "difference": y1.mean() - y0.mean(),
    "standard error": np.sqrt(v1 + v0),
    "degrees of freedom (Welch)": (v1 + v0) ** 2 / (v1**2 / (y1.size - 1) + v0**2 / (y0.size - 1)),
}

finding = report.findings["earnings_1978"]
estimate = finding.estimate
effect = estimate.effect
ours = [
    estimate.observed,
    estimate.counterfactual,
    effect.value,
    effect.std_error,
    effect.distribution.df,
]
compared = pd.Series(by_hand).to_frame("by hand").assign(impacteval=ours)
# The file stores earnings in single precision. impacteval reads the decimal number that was meant,
# numpy the nearest binary one: they agree to about seven digits.
assert np.allclose(compared["by hand"], compared["impacteval"], rtol=1e-7)
compared.round(2)

# %% [markdown]
# ## How sure is it?
#
# The estimate comes with a confidence distribution, and every interval, p-value and "confidence that
# the effect passes" is read from that one distribution. They say how well the data support a
# statement. They are not the probability that the programme works.

# %%
levels = sorted({0.5, 0.8, 0.9, 0.95, 0.99, level})
intervals = [effect.interval(one) for one in levels]
table(
    ["level", "from", "to"],
    [
        [percent(one, "en"), usd(found.low), usd(found.high)]
        for one, found in zip(levels, intervals, strict=True)
    ],
)

# %%
table(
    ["the effect is at least", "confidence"],
    [
        [money(x, "en", currency), percent(effect.chance_at_least(x), "en")]
        for x in (0, 500, 1000, 1500, 2000)
    ],
)

# %%
p_value = effect.p_value()
listed(
    [
        f"The p-value of “no effect”, two-sided, is {number(p_value, 'en')}.",
        said(page.clauses[0].distance),
    ]
)

# %%
ink, blue, red = "#1b2430", "#1f4e79", "#97320a"
interval = effect.interval(level)
target = float(page.clauses[0].threshold)
figure, (means, curve) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")

means.plot(0, estimate.observed, "o", color=blue, markersize=9)
means.vlines(1, estimate.observed - interval.high, estimate.observed - interval.low, color=ink)
means.plot(1, estimate.counterfactual, "o", color=ink, markersize=9)
for place_of, mean in enumerate((estimate.observed, estimate.counterfactual)):
    means.annotate(
        f"{mean:,.0f}", (place_of, mean), (9, 0), textcoords="offset points", va="center"
    )
means.set_xticks([0, 1], ["with the programme\n(observed)", "without it\n(counterfactual)"])
means.set(xlim=(-0.6, 1.6), ylim=(0, 8000), ylabel="USD in 1978")
means.set_title("Earnings of the men offered a place", loc="left", fontsize=10)

x, height = np.array(report.record.findings[0].curve, dtype=float).T
above = np.linspace(target, x[-1], 200)
curve.plot(x, height, color=blue)
curve.fill_between(above, np.interp(above, x, height), color=blue, alpha=0.15, linewidth=0)
curve.axvline(target, color=red, linestyle="--")
curve.annotate("threshold", (target, height.max()), (-5, 0), textcoords="offset points", ha="right")
curve.hlines(0, interval.low, interval.high, color=ink, linewidth=4)
curve.set(yticks=[], xlabel="effect on earnings in 1978, USD", ylim=(-0.03 * height.max(), None))
curve.set_title("Confidence distribution of the effect", loc="left", fontsize=10)
for axes in (means, curve):
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=9)
plt.show()

# %% [markdown]
# Left: what the men offered a place earned on average, and what they would have earned without the
# offer, with the interval of the level set at the top. Right: the confidence distribution of the
# effect; the shaded part lies above the contract's threshold, and the bar below is the same interval.

# %% [markdown]
# ## The other planned analyses
#
# They answer the same question in other ways. They inform; they do not decide.

# %%
described = report.record.findings[0]
table(
    ["analysis", "effect", "95% interval, USD", "threshold"],
    [
        [
            row.title.en,
            usd(row.estimate),
            f"{number(row.interval.low, 'en', 2)} to {number(row.interval.high, 'en', 2)}",
            row.verdicts["gain"].replace("_", " "),
        ]
        for row in described.robustness
    ],
)

# %% [markdown]
# Both give a smaller gain than the planned analysis, as expected when the men offered a place had a
# little more schooling, and both leave the verdict as it is.

# %% [markdown]
# ## From the result to the money

# %%
listed((said(step) for step in report.record.money_steps), bullet="1.")

# %% [markdown]
# The same with a pencil: a fixed amount for reaching the threshold, and USD 50 for each dollar above
# it, up to a ceiling.

# %%
result = Decimal(page.clauses[0].value)
fixed = Decimal(150000) if result >= 1000 else Decimal(0)
by_the_dollar = min(max(50 * (result - 1000), Decimal(0)), Decimal(100000))
due = min(fixed + by_the_dollar, Decimal(200000))
assert due == report.decision.due_now
print(f"{fixed:,.2f} + {by_the_dollar:,.2f} = {currency} {due:,.2f}")

# %% [markdown]
# ## The same result under other rules
#
# The contract compares the estimate itself. Contracts often choose otherwise, so the report shows
# what each choice would have paid on the same data.

# %%
table(
    ["rule", "compared", "verdict", "due"],
    [
        [
            said(other.rule) + (" **(this contract)**" if other.binding else ""),
            number(other.values["gain"], "en"),
            other.verdicts["gain"].replace("_", " "),
            money(other.due_now, "en", currency),
        ]
        for other in report.record.other_rules
    ],
)

# %% [markdown]
# The estimate passes; the lower bound does not. The evaluation is the same in every row: what is paid
# for it, up to nothing at all, depends on one line of the contract, `decide_on`.

# %% [markdown]
# ## What is not known

# %%
listed(text.en for text in report.record.unknowns)

# %% [markdown]
# ## Where the report is
#
# Figures leave this notebook through one file with a schema, `published.json`; nobody reads them out
# of its cells. The report itself, in English and French, is written by
#
#     impacteval verify studies/nsw-job-training --out out/nsw-job-training
#
# which puts `report.en.html`, `report.fr.html`, the same as PDF, and `verdict.json` in that folder.
# The digest below is that of the record: the same digest, the same report.

# %%
binding = next(other for other in report.record.other_rules if other.binding)
bound = next(other for other in report.record.other_rules if "lower-bound" in other.rule.key)
publish(
    effect=effect.value,
    std_error=effect.std_error,
    level=level,
    interval=[interval.low, interval.high],
    p_value=p_value,
    confidence_reaches_1000=effect.chance_at_least(1000),
    verdicts=binding.verdicts,
    due_now=report.decision.due_now,
    due_under_lower_bound=Decimal(bound.due_now),
    record=report.digest,
)
print(report.digest)
