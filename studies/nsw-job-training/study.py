# %% [markdown]
# # Did job training raise earnings?
#
# The National Supported Work trial, read as an outcomes contract, step by step as an evaluator
# goes through it. The data are real; the contract is an illustration that nobody signed.
#
# `impacteval verify` does all of this in one command and writes the report. Here each step can be
# looked at, changed and run again.

# %% tags=["parameters"]
level: float = 0.95

# %%
import numpy as np
import pandas as pd

import impacteval as ie
from impacteval.notebook import publish

study = ie.load_study(".")
print(study.plan.title.en)
print(study.contract.in_plain_words.en)

# %% [markdown]
# ## 1. Before outcomes are seen
#
# The contract and the plan were locked first. From here on, whatever differs from the lock is
# found by comparing, and printed in the report.

# %%
print("contract as locked:", study.contract_digest == study.lock.contract.digest)
print("plan as locked:    ", study.plan_digest == study.lock.plan.digest)

# %% [markdown]
# The sample is looked at without outcomes. The column of 1978 earnings is not even read.

# %%
people = study.read("people", outcomes=False)
assert "re78" not in people.columns
means = people.astype("float64").groupby("treat").mean().round(2).T
means.set_axis(["comparison", "programme"], axis="columns")

# %% [markdown]
# Chance does not make the two groups equal, only equal on average. The plan names two checks:
# balance of the characteristics before the programme, and loss of people. The contract lets only
# the second withhold a verdict; the first is reported.
#
# ## 2. The estimate

# %%
rows = study.read("people")
sample = ie.Sample.from_frame(rows, design="rct", outcome="re78", treatment="treat")
method = ie.estimator("difference-in-means", variance="hc2")
found = method.estimate(sample, scale="difference", rng=np.random.default_rng(study.plan.seed))
interval = found.effect.interval(level)
print(f"with the programme    {found.observed:10,.2f}")
print(f"without it            {found.counterfactual:10,.2f}")
print(f"effect                {found.effect.value:10,.2f}")
print(f"standard error        {found.effect.std_error:10,.2f}")
print(f"{level:.0%} interval          {interval.low:10,.2f} to {interval.high:,.2f}")

# %% [markdown]
# One distribution answers every question about the effect, so the answers cannot contradict each
# other. How sure may one be that men offered the programme earned at least so much more?

# %%
pd.DataFrame(
    {
        "at least (USD)": [0, 500, 1000, 1500, 2000],
        "confidence": [round(found.effect.chance_at_least(x), 3) for x in range(0, 2001, 500)],
    }
)

# %% [markdown]
# ## 3. The verdict
#
# `verify` repeats the estimate as the plan has it, runs the checks and the other planned analyses,
# and lets the contract decide.

# %%
report = ie.verify(study)
report.to_frame()[["name", "value", "operator", "threshold", "verdict", "amount"]]

# %% [markdown]
# The same result under other evidence rules. The contract compares the estimate; had it compared
# the lower confidence bound, nothing would be due.

# %%
pd.DataFrame(
    [
        {
            "rule": rule.rule.key.removeprefix("contract.rule-"),
            "this contract's": rule.binding,
            **rule.verdicts,
            "due now": rule.due_now,
        }
        for rule in report.record.other_rules
    ]
)

# %% [markdown]
# ## 4. Other planned analyses
#
# They inform; they never decide.

# %%
finding = report.findings["earnings_1978"]
pd.DataFrame(
    [
        {
            "analysis": other.name,
            "effect": round(other.estimate.effect.value, 2),
            "standard error": round(other.estimate.effect.std_error, 2),
        }
        for other in finding.alternatives
    ]
)

# %%
for check in finding.diagnostics:
    print(f"{check.diagnostic.name}: {check.diagnostic.status}, {check.diagnostic.statistic:.3f}")

# %% [markdown]
# ## 5. What leaves this notebook

# %%
_ = publish(
    effect=found.effect.value,
    std_error=found.effect.std_error,
    due_now=report.decision.due_now,
    verdicts=dict(zip(report.to_frame()["name"], report.to_frame()["verdict"], strict=True)),
    record=report.digest,
)
