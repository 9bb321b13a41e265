# %% [markdown]
# # Mobile clinics through a pandemic · Des cliniques mobiles à travers une pandémie
#
# **Illustration: synthetic data and a contract that nobody signed. No payment follows from it.**
#
# Clinics on wheels come to rural communes in four waves. The payer pays if people there see a doctor
# more often than they would have without them. Then a pandemic comes, the clinics are closed for two
# quarters, and the contract has a clause for that: these quarters do not count, and the window runs as
# much longer. What is the clause worth, and to whom? This notebook reads the contract, measures both
# windows and puts both readings side by side. The communes are made up by `make_data.py`, so it cannot
# say whether mobile clinics work. It can say something that no real study can: whether the method found
# what was put into the data.
#
# > **Illustration : données synthétiques et contrat que personne n'a signé. Aucun paiement n'en découle.**
# >
# > Des cliniques itinérantes arrivent en quatre vagues dans des communes rurales. Le payeur paie si l'on y
# > consulte plus souvent qu'on ne l'aurait fait sans elles. Survient une pandémie : les cliniques ferment
# > deux trimestres, et le contrat a prévu une clause : ces trimestres ne comptent pas, et la fenêtre court
# > d'autant plus longtemps. Que vaut cette clause, et pour qui ? Ce carnet lit le contrat, mesure les deux
# > fenêtres et met les deux lectures côte à côte. Les communes sont inventées par `make_data.py` ; le carnet
# > ne peut donc pas dire si des cliniques mobiles sont utiles. Il peut dire ce qu'aucune étude réelle ne
# > peut dire : si la méthode a retrouvé ce qui avait été mis dans les données.

# %% [markdown]
# The figures below are in one language, which the parameter chooses:
# `impacteval run studies/mobile-clinics --set language=fr --out out` runs it in French.
#
# > Les résultats ci-dessous sont dans une langue, que choisit le paramètre `language`.

# %% tags=["parameters"]
# Language of tables and figures, en or fr; level of the two-sided intervals printed below.
language: str = "en"
level: float = 0.95

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Markdown

import impacteval as ie
from impacteval.contract.sentences import explain_sentences
from impacteval.notebook import publish
from impacteval.render import format as fmt
from impacteval.render.amended import amendment_lines
from impacteval.sample import Sample
from impacteval.study.locking import prepare_now

study = ie.load_study(".")  # the folder of this notebook
contract, plan = study.contract, study.plan
currency = contract.currency
assert plan.synthetic
SYNTHETIC = {"en": "synthetic communes", "fr": "communes synthétiques"}[language]


def tell(en, fr):
    """The word in the language of this run."""
    return fr if language == "fr" else en


def said(message):
    """A sentence of the record, with its figures."""
    return fmt.fill(message, language, currency)


def number(value, decimals=2):
    """A figure as readers of the language write it."""
    return fmt.number(value, language, decimals)


def listed(lines, bullet="-"):
    """One line under the other."""
    return Markdown("\n".join(f"{bullet} {line}" for line in lines))


def table(heads, rows):
    """A table whose cells are text."""
    lines = [heads, ["---"] * len(heads), *rows]
    return Markdown("\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines))


# %% [markdown]
# ## The contract · Le contrat
#
# It says itself back, amendment included: what it said before, and what it says since.
#
# > Il se dit lui-même, avenant compris : ce qu'il disait, et ce qu'il dit depuis.

# %%
Markdown(
    "\n".join(
        [
            *(f"- {said(sentence)}" for sentence in explain_sentences(contract)),
            *amendment_lines(contract, language),
        ]
    )
)

# %% [markdown]
# ## What was fixed beforehand · Ce qui était fixé d'avance
#
# Contract, amendment and plan are locked, and the sample is frozen without its outcomes: run again, the
# step gives the same digest. One reservation: the script that makes the data stands beside them, so nobody
# was kept from the result.
#
# > Contrat, avenant et plan sont verrouillés, et l'échantillon est figé sans ses résultats : refaite, l'étape
# > donne la même empreinte. Une réserve : le programme qui produit les données est à côté d'elles ; nul
# > n'était donc tenu à l'écart du résultat.

# %%
again = prepare_now(study).samples
assert again == study.prepared.samples
table(
    [tell("analysis", "analyse"), tell("rows", "lignes"), tell("served", "desservies"), "sha256"],
    [[s.analysis, s.rows, s.treated, s.blind_digest[7:23] + "…"] for s in again],
)

# %% [markdown]
# ## Who began when · Qui a commencé quand
#
# Four waves and 65 communes that are never reached. Far communes came first more often than chance would
# have it, which is why the plan compares communes as far from a doctor and as old.
#
# > Quatre vagues, et 65 communes jamais desservies. Les communes éloignées sont venues en premier plus
# > souvent que le hasard ne l'aurait voulu ; c'est pourquoi le plan compare des communes aussi éloignées d'un
# > médecin et aussi âgées.

# %%
communes = pd.read_csv("communes.csv", keep_default_na=False)
places = communes.drop_duplicates("commune")
never = tell("never", "jamais")
wave = places["start"].replace("", never)
by_wave = places.groupby(wave).agg(
    communes=("commune", "size"),
    minutes=("minutes_to_doctor", "mean"),
    over_65=("share_over_65", "mean"),
)
by_wave.columns = [
    tell("communes", "communes"),
    tell("minutes to a doctor", "minutes jusqu'au médecin"),
    tell("over 65, percent", "plus de 65 ans, %"),
]
by_wave.rename_axis(f"{tell('wave', 'vague')} ({SYNTHETIC})").round(1)

# %% [markdown]
# ### The pandemic takes everyone down · La pandémie fait chuter tout le monde
#
# Before and after within a commune says nothing here: consultations fall in 2020 with a clinic or without.
# What the others did in the same quarter says it.
#
# > Comparer l'avant et l'après d'une même commune ne dit rien ici : les consultations chutent en 2020, avec
# > ou sans clinique. C'est ce qu'ont fait les autres au même trimestre qui le dit.

# %%
sums = communes.assign(wave=communes["start"].replace("", never)).groupby(["wave", "quarter"])
rates = sums["consultations"].sum() / sums["inhabitants_100"].sum()
quarters = sorted(communes["quarter"].unique())
CLOSED = ["2020-Q2", "2020-Q3"]
shade = (quarters.index(CLOSED[0]) - 0.5, quarters.index(CLOSED[-1]) + 0.5)
tones = dict(
    zip(rates.index.levels[0], ["#1f4e79", "#3f7cac", "#7fa8c9", "#a3420f", "#5b6675"], strict=True)
)

figure, axes = plt.subplots(figsize=(8, 3.4), layout="constrained")
axes.axvspan(*shade, color="#d9e2ec", linewidth=0)
for name in rates.index.levels[0]:
    dashes = "--" if name == never else "-"
    axes.plot(rates[name].to_numpy(), dashes, color=tones[name], label=fmt.period(name, language))
    if name in quarters:
        first = quarters.index(name)
        axes.plot(first, rates[name].iloc[first], "o", color=tones[name])
axes.text(np.mean(shade), axes.get_ylim()[1], tell("closed", "fermées"), ha="center", va="top")
axes.set_xticks(range(0, len(quarters), 2), [fmt.period(q, language) for q in quarters[::2]])
axes.tick_params(axis="x", rotation=45)
axes.set_ylabel(tell("consultations per 100", "consultations pour 100"))
figure.legend(frameon=False, ncols=5, loc="outside upper center", fontsize=8)
axes.set_xlabel(SYNTHETIC)
axes.spines[["top", "right"]].set_visible(False)
plt.show()

# %% [markdown]
# ## One comparison by hand · Une comparaison à la main
#
# All that the method averages is made of comparisons like this one: the first wave in the fourth quarter
# of 2019, against the last quarter before its start, less the same change in communes that had no clinic
# by then. Without covariates it is four sums; the method must give the same number, and it does.
#
# > Tout ce dont la méthode fait la moyenne est fait de comparaisons comme celle-ci : la première vague au
# > quatrième trimestre 2019, par rapport au dernier trimestre avant son début, moins la même évolution dans
# > les communes alors sans clinique. Sans covariables, ce sont quatre sommes ; la méthode doit donner le
# > même nombre, et le donne.


# %%
def rate(who, quarter):
    """Consultations per 100 inhabitants of some communes in a quarter."""
    rows = communes[communes["quarter"].eq(quarter) & communes["commune"].isin(who)]
    return rows["consultations"].sum() / rows["inhabitants_100"].sum()


first = places.loc[places["start"] == "2019-Q1", "commune"]
without = places.loc[(places["start"] == "") | (places["start"] > "2019-Q4"), "commune"]
change = {
    name: rate(who, "2019-Q4") - rate(who, "2018-Q4")
    for name, who in (("first", first), ("without", without))
}
by_hand = change["first"] - change["without"]

bare = Sample.from_frame(
    communes.replace({"start": {"": None}}),
    design="did",
    outcome="consultations",
    unit="commune",
    period="quarter",
    adopted="start",
    exposure="inhabitants_100",
)
method = ie.estimator("callaway-santanna", control="not_yet")
cells = method.estimate(bare, scale="difference", rng=np.random.default_rng(plan.seed)).parts[
    "group_time"
]
own = cells[(cells["cohort"] == "2019-Q1") & (cells["period"] == "2019-Q4")]["effect"].item()
assert np.isclose(by_hand, own, rtol=1e-12)
table(
    [tell("change since 2018-Q4", "évolution depuis 2018-T4"), tell("per 100", "pour 100")],
    [
        [tell("first wave", "première vague"), number(change["first"])],
        [tell("no clinic yet", "pas encore de clinique"), number(change["without"])],
        [tell("difference, by hand", "écart, à la main"), number(by_hand)],
        [tell("difference, by the method", "écart, par la méthode"), number(own)],
    ],
)

# %% [markdown]
# ## The result and the money · Le résultat et l'argent
#
# One call: it reads the outcomes, estimates both windows as planned, asks the contract as it stands and as
# it was signed, and decides.
#
# > Un seul appel : il lit les résultats, estime les deux fenêtres comme prévu, interroge le contrat tel
# > qu'il est et tel qu'il fut signé, et décide.

# %%
report = ie.verify(study)
page = report.record.page_one
listed(
    [
        f"**{said(page.headline)}**",
        *(said(clause.sentence) for clause in page.clauses),
        *(said(note) for note in (*page.changes, *page.warnings)),
    ]
)

# %% [markdown]
# ### Both readings · Les deux lectures
#
# The amounts come from the same contract and the same data; only the window differs. Whoever signs a clause
# on external shocks should know beforehand that it moves this much.
#
# > Les montants viennent du même contrat et des mêmes données ; seule la fenêtre diffère. Qui signe une clause
# > de choc externe devrait savoir d'avance qu'elle déplace autant.

# %%
signed, amended = (
    report.findings[name].estimate for name in ("consultations", "consultations_open")
)
(was,) = report.record.as_contracted.clauses
(now,) = page.clauses
described = {f.outcome: f for f in report.record.findings}


def money(amount):
    """An amount in the contract's currency."""
    return fmt.money(amount, language, currency)


readings = [
    (tell("as signed", "contrat d'origine"), signed, was),
    (tell("as amended", "avec l'avenant"), amended, now),
]
intervals = {name: found.effect.interval(level) for name, found, _ in readings}
table(
    [
        tell("reading", "lecture"),
        tell("effect per 100", "effet pour 100"),
        f"{fmt.percent(level, language)}",
        tell("bound compared", "borne comparée"),
        tell("threshold reached", "seuil atteint"),
        tell("due", "dû"),
    ],
    [
        [
            name,
            number(found.effect.value),
            f"{number(intervals[name].low)} – {number(intervals[name].high)}",
            number(row.value),
            number(row.threshold, 0),
            money(row.amount),
        ]
        for name, found, row in readings
    ],
)

# %% [markdown]
# ### Where the difference comes from · D'où vient l'écart
#
# Two things change between the readings. In the quarters of closure there was no clinic, so there is no
# effect to find, and as signed they weigh on the average. And two more quarters, in which every wave has
# been there for a while, join it.
#
# > Deux choses changent d'une lecture à l'autre. Pendant la fermeture, il n'y avait pas de clinique, donc
# > pas d'effet à trouver, et dans le contrat d'origine ces trimestres pèsent sur la moyenne. Et deux
# > trimestres s'y ajoutent, où toutes les vagues sont là depuis un moment.

# %%
figure, panels = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained", sharey=True)
for axes, (name, found, _) in zip(panels, readings, strict=True):
    path = found.to_frame()
    at = [quarters.index(q) for q in path["period"]]
    gap = path["observed"] - path["counterfactual"]
    low, high = path["observed"] - path["high"], path["observed"] - path["low"]
    axes.axvspan(*shade, color="#d9e2ec", linewidth=0)
    axes.axhline(0, color="#5b6675", linewidth=0.8)
    axes.vlines(at, low, high, color="#1f4e79", linewidth=1.6)
    axes.plot(at, gap, "o", color="#1f4e79")
    axes.set_title(f"{name} ({SYNTHETIC})", loc="left", fontsize=9)
    axes.set_xticks(range(4, len(quarters), 3), [fmt.period(q, language) for q in quarters[4::3]])
    axes.set_xlim(3.4, len(quarters) - 0.4)
    axes.spines[["top", "right"]].set_visible(False)
panels[0].set_ylabel(tell("effect per 100, by quarter", "effet pour 100, par trimestre"))
plt.show()

# %% [markdown]
# ### Effect by time since the start · Effet selon le temps écoulé depuis le début
#
# Before the start there is nothing to find, and nothing much is found. That makes the comparison credible
# and does not prove it: the pandemic came after.
#
# > Avant le début, il n'y a rien à trouver, et l'on ne trouve pas grand-chose. Cela rend la comparaison
# > crédible sans la prouver : la pandémie est venue après.

# %%
events = amended.parts["event_study"]
figure, axes = plt.subplots(figsize=(8, 3), layout="constrained")
axes.axhline(0, color="#5b6675", linewidth=0.8)
axes.axvline(-0.5, color="#c9d0d9", linestyle="--")
axes.bar(
    events["event_time"],
    events["band_high"] - events["band_low"],
    bottom=events["band_low"],
    width=0.6,
    color="#d9e2ec",
)
axes.vlines(events["event_time"], events["low"], events["high"], color="#1f4e79", linewidth=1.6)
axes.plot(events["event_time"], events["effect"], "o", color="#1f4e79")
axes.set(
    xlabel=tell("quarters that count, since the start", "trimestres retenus depuis le début"),
    ylabel=tell("effect per 100", "effet pour 100"),
)
axes.set_title(SYNTHETIC, loc="left", fontsize=9)
axes.set_yticks(range(0, 16, 5))
axes.spines[["top", "right"]].set_visible(False)
plt.show()

# %% [markdown]
# ### The planned checks · Les contrôles prévus
#
# Each looks for an effect where there can be none, or at what a part of the communes does to the result. The contract
# lets none of them withhold the payment; they inform.
#
# > Chacun cherche un effet là où il ne peut y en avoir, ou regarde ce qu'une partie des communes fait au résultat.
# > Aucun ne peut suspendre le paiement d'après le contrat ; ils informent.

# %%
listed(
    f"**{fmt.pick(check.title, language)}**: {said(check.explanation)}"
    for check in described["consultations_open"].diagnostics
)

# %% [markdown]
# ## What was put in, and what was found · Ce qui avait été mis, et ce qui a été trouvé
#
# These data were made, so the true average effect is known: what a clinic adds in its first, second, third
# and later quarters, nothing while closed, averaged over served communes and quarters by inhabitants. Both
# intervals hold it. No real study can print this table.
#
# > Ces données ont été fabriquées ; l'effet moyen véritable est donc connu : ce qu'ajoute une clinique à ses
# > premier, deuxième, troisième trimestres et aux suivants, rien pendant la fermeture, en moyenne sur les
# > communes et trimestres desservis, selon le nombre d'habitants. Les deux intervalles le contiennent. Aucune
# > étude réelle ne peut imprimer ce tableau.

# %%
ADDED = (4.0, 6.5, 8.0, 9.0)  # as in make_data.py
place = communes["quarter"].map(quarters.index)
begins = communes["start"].map({q: k for k, q in enumerate(quarters)})
since = (place - begins).where(communes["start"] != "")
truth = since.clip(upper=3).map(dict(enumerate(ADDED))).where(~communes["quarter"].isin(CLOSED), 0)
windows = {
    "signed": communes["quarter"] <= "2021-Q4",
    "amended": ~communes["quarter"].isin(CLOSED),
}
true = {
    name: np.average(
        truth[kept & (since >= 0)], weights=communes["inhabitants_100"][kept & (since >= 0)]
    )
    for name, kept in windows.items()
}
for value, interval in zip(true.values(), intervals.values(), strict=True):
    assert interval.low < value < interval.high
table(
    [
        tell("reading", "lecture"),
        tell("put into the data", "mis dans les données"),
        tell("found", "trouvé"),
        f"{fmt.percent(level, language)}",
    ],
    [
        [
            name,
            number(value),
            number(found.effect.value),
            f"{number(intervals[name].low)} – {number(intervals[name].high)}",
        ]
        for value, (name, found, _) in zip(true.values(), readings, strict=True)
    ],
)

# %% [markdown]
# ## The other planned analyses · Les autres analyses prévues
#
# The same window by other methods and other comparisons. They inform; they decide nothing.
#
# > La même fenêtre par d'autres méthodes et d'autres comparaisons. Elles informent et ne décident de rien.

# %%
table(
    [
        tell("analysis", "analyse"),
        tell("effect per 100", "effet pour 100"),
        tell("95% interval", "intervalle à 95 %"),
        tell("would be due", "serait dû"),
    ],
    [
        [
            fmt.pick(row.title, language),
            number(row.estimate),
            f"{number(row.interval.low)} – {number(row.interval.high)}",
            money(row.due_now),
        ]
        for row in described["consultations_open"].robustness
        if row.estimate is not None
    ],
)

# %% [markdown]
# ## What is not known · Ce que l'on ne sait pas

# %%
listed(fmt.pick(text, language) for text in report.record.unknowns)

# %% [markdown]
# ## Where the report is · Où est le rapport
#
#     impacteval verify studies/mobile-clinics --out out/mobile-clinics
#
# writes the report in English and French, as HTML and PDF, and `verdict.json`. The digest below is that of
# the record: the same digest, the same report.
#
# > La commande écrit le rapport en anglais et en français, en HTML et en PDF, et `verdict.json`. L'empreinte
# > ci-dessous est celle du relevé : même empreinte, même rapport.

# %%
publish(
    level=level,
    signed=signed.effect.value,
    amended=amended.effect.value,
    std_error=amended.effect.std_error,
    true=true,
    one_cell=by_hand,
    due_signed=was.amount,
    due_amended=now.amount,
    other_analyses={row.name: row.estimate for row in described["consultations_open"].robustness},
    record=report.digest,
)
print(report.digest)
