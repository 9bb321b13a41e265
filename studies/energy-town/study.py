# %% [markdown]
# # Une petite ville contre la précarité énergétique · A small town against energy poverty
#
# **Illustration : données synthétiques et contrat que personne n'a signé. Aucun paiement n'en découle.**
#
# À Valbrune, ville inventée, la mairie, une coopérative d'insertion et une petite entreprise du numérique
# aident les ménages modestes à moins dépenser pour se chauffer. Les payeurs paient si la part du revenu que
# ces ménages consacrent à l'énergie est plus basse qu'elle ne l'aurait été sans cette action. Or une seule ville
# est servie, et les prix de l'énergie flambent au milieu : comparer l'avant et l'après dirait que tout a empiré.
# Ce carnet compare Valbrune à une combinaison de villes semblables, fixée d'après les seules années d'avant.
# Les villes sont inventées par `make_data.py` ; le carnet ne peut donc pas dire ce que valent de telles
# actions. Il peut dire ce qu'aucune étude réelle ne peut dire : si la méthode a retrouvé ce qui avait été mis
# dans les données.
#
# > **Illustration: synthetic data and a contract that nobody signed. No payment follows from it.**
# >
# > In Valbrune, an invented town, the town hall, a back-to-work cooperative and a small digital firm help
# > modest households to spend less on heating. The payers pay if the share of income that these households
# > spend on energy is lower than it would have been without. But one town is served, and energy prices soar in
# > the middle: before and after would say that everything got worse. This notebook compares Valbrune with a mix
# > of similar towns, fixed on the years before alone. The towns are made up by `make_data.py`, so it cannot say
# > what such programmes are worth. It can say something that no real study can: whether the method found what
# > was put into the data.

# %% [markdown]
# Les résultats ci-dessous sont dans une langue, que choisit le paramètre :
# `impacteval run studies/energy-town --set language=en --out out` les donne en anglais.
#
# > The figures below are in one language, which the parameter `language` chooses.

# %% tags=["parameters"]
# Langue des tableaux et des figures, fr ou en ; niveau des intervalles bilatéraux.
language: str = "fr"
level: float = 0.90

# %%
import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import Markdown

import impacteval as ie
from impacteval.contract.sentences import explain_sentences
from impacteval.notebook import publish
from impacteval.render import format as fmt
from impacteval.study.locking import prepare_now

study = ie.load_study(".")  # the folder of this notebook
contract, plan = study.contract, study.plan
currency = contract.currency
assert plan.synthetic
SYNTHETIC = {"en": "synthetic towns", "fr": "villes synthétiques"}[language]
SERVED = "Valbrune"
INK, REST, PALE = "#1f4e79", "#5b6675", "#d9e2ec"


def tell(fr, en):
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
# ## Le contrat · The contract
#
# Il se dit lui-même, en phrases que chacun peut lire.
#
# > It says itself, in sentences that anyone can read.

# %%
listed(said(sentence) for sentence in explain_sentences(contract))

# %% [markdown]
# ## Ce qui était fixé d'avance · What was fixed beforehand
#
# Contrat et plan sont verrouillés, et l'échantillon est figé sans ses résultats : refaite, l'étape donne la même
# empreinte. Une réserve : le programme qui produit les données est à côté d'elles ; nul n'était donc tenu à
# l'écart du résultat.
#
# > Contract and plan are locked, and the sample is frozen without its outcomes: run again, the step gives the
# > same digest. One reservation: the script that makes the data stands beside them, so nobody was kept from
# > the result.

# %%
again = prepare_now(study).samples
assert again == study.prepared.samples
table(
    [tell("analyse", "analysis"), tell("lignes", "rows"), "sha256"],
    [[s.analysis, s.rows, s.blind_digest[7:23] + "…"] for s in again],
)

# %% [markdown]
# ## Qui a accepté, qui a refusé · Who accepted, who refused
#
# Le résultat payé porte sur tous les ménages modestes de la ville, car une action qui ne compterait que ses
# volontaires pourrait choisir les plus faciles. Les refus sont donc montrés, avec leurs motifs et leur profil.
#
# > The result that is paid is about all modest households of the town, because a programme that counted only its
# > volunteers could pick the easy ones. So refusals are shown, with their reasons and who they are.

# %%
offers = pd.read_csv("offers.csv", keep_default_na=False)
ANSWER = {
    "accepted": tell("accepté", "accepted"),
    "refused": tell("refusé", "refused"),
    "not reached": tell("pas joint", "not reached"),
}
by_answer = offers.groupby("answer")["households"].sum()
assert by_answer.sum() == 676


def part(answer, column, value):
    """Percent of the households with that answer."""
    own = offers[offers["answer"] == answer]
    return 100 * own.loc[own[column] == value, "households"].sum() / own["households"].sum()


table(
    [
        tell("réponse", "answer"),
        tell("ménages", "households"),
        tell("70 ans ou plus, %", "70 or over, %"),
        tell("locataires, %", "tenants, %"),
    ],
    [
        [
            word,
            by_answer[answer],
            number(part(answer, "age", "70 and over"), 0),
            number(part(answer, "home", "tenant"), 0),
        ]
        for answer, word in ANSWER.items()
    ],
)

# %%
REASON = {
    "works in the home": tell("crainte de travaux chez soi", "works in the home"),
    "no wish to share meter data": tell(
        "relevé des consommations non souhaité", "no wish to have consumption read"
    ),
    "landlord against it": tell("opposition du propriétaire", "a landlord against it"),
    "no reason given": tell("sans motif", "no reason given"),
}
reasons = offers[offers["answer"] == "refused"].groupby("reason")["households"].sum()
table(
    [tell("motif du refus", "reason for refusing"), tell("ménages", "households")],
    [[word, reasons[reason]] for reason, word in REASON.items()],
)

# %% [markdown]
# ## Avant et après se trompent · Before and after are wrong
#
# À Valbrune, la part du revenu qui va à l'énergie est plus haute en 2022 et 2023 qu'en 2019 et 2020. Elle l'est
# partout, car les prix ont flambé. C'est ce qu'elle aurait été sans l'action qui compte.
#
# > In Valbrune the share of income that goes to energy is higher in 2022 and 2023 than in 2019 and 2020. It is so
# > everywhere, because prices soared. What it would have been without the programme is what counts.

# %%
towns = pd.read_csv("towns.csv")
wide = towns.pivot(index="town", columns="quarter", values="share_of_income")
before = [q for q in wide if q[:4] in ("2019", "2020")]
paid = [q for q in wide if q[:4] in ("2022", "2023")]
change = wide[paid].mean(axis=1) - wide[before].mean(axis=1)
table(
    ["", tell("2019-2020", "2019-2020"), tell("2022-2023", "2022-2023"), tell("écart", "change")],
    [
        [
            name,
            *(number(x) for x in (frame[before].stack().mean(), frame[paid].stack().mean(), moved)),
        ]
        for name, frame, moved in (
            (SERVED, wide.loc[[SERVED]], change[SERVED]),
            (tell("les 23 autres", "the 23 others"), wide.drop(SERVED), change.drop(SERVED).mean()),
        )
    ],
)

# %% [markdown]
# ## La mesure prévue · The planned measure

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
# ### La combinaison de villes · The mix of towns
#
# Des parts positives, de somme un, choisies pour suivre Valbrune trimestre par trimestre de 2017 à 2020. Le
# certificat prouve qu'aucune autre combinaison ne la suit de plus près.
#
# > Shares that are positive and sum to one, chosen to follow Valbrune quarter by quarter from 2017 to 2020. The
# > certificate proves that no other mix follows it more closely.

# %%
found = report.findings["energy_share"].estimate
weights = found.parts["weights"].sort_values("weight", ascending=False)
table(
    [tell("ville", "town"), tell("part, %", "share, %")],
    [
        [unit, number(100 * weight, 1)]
        for unit, weight in weights[["unit", "weight"]].to_numpy()
        if weight > 0.001
    ],
)

# %%
proof = found.certificate
assert proof["relative_gap"] < 1e-8
assert abs(proof["sum_of_weights"] - 1) < 1e-9
table(
    [tell("certificat", "certificate"), ""],
    [
        [
            tell("écart moyen avant 2021, en % du revenu", "mean miss before 2021, % of income"),
            number(proof["pre_rmspe"]),
        ],
        [
            tell("le même, médiane des autres villes", "the same, median of the other towns"),
            number(proof["donors_median_pre_rmspe"]),
        ],
        [tell("somme des parts", "sum of shares"), number(proof["sum_of_weights"])],
        [
            tell("une seule combinaison possible", "only one mix possible"),
            tell("oui", "yes") if proof["solutions"] == "one" else tell("non", "no"),
        ],
    ],
)

# %%
path = found.parts["path"]
quarters = path["period"].tolist()
start = quarters.index("2021-Q1")
figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
axes.axvspan(quarters.index("2022-Q1") - 0.5, len(quarters) - 0.5, color=PALE, linewidth=0)
axes.axvline(start - 0.5, color=REST, linestyle=":")
axes.plot(path["observed"], color=INK, label=SERVED)
axes.plot(
    path["counterfactual"], "--", color=REST, label=tell("combinaison de villes", "mix of towns")
)
axes.text(start - 0.3, axes.get_ylim()[0] + 0.1, tell("début", "start"), color=REST)
axes.set_xticks(range(0, len(quarters), 4), [fmt.period(q, language) for q in quarters[::4]])
axes.set_ylabel(tell("énergie, % du revenu", "energy, % of income"))
axes.set_title(
    f"{SYNTHETIC} ; {tell('en gris, la période payée', 'shaded: what is paid for')}",
    loc="left",
    fontsize=9,
)
axes.legend(frameon=False)
axes.spines[["top", "right"]].set_visible(False)
plt.show()

# %% [markdown]
# ### Est-ce le hasard ? · Is it chance?
#
# On refait la même mesure pour chacune des 23 autres villes, comme si elle avait été servie. Si Valbrune n'avait
# rien de particulier, son écart serait quelconque parmi ces 24. Il est le plus fort de tous, rapporté à ce que
# chaque combinaison manquait avant.
#
# > The same measure is made for each of the 23 other towns, as if it had been served. If there were nothing
# > special about Valbrune, its gap would be anywhere among these 24. It is the strongest of all, beside what each mix
# > missed before.

# %%
paths = found.parts["placebo_paths"].pivot(index="unit", columns="period", values="gap")[quarters]
figure, axes = plt.subplots(figsize=(8, 3.2), layout="constrained")
for unit, gap in paths.iterrows():
    own = unit == SERVED
    axes.plot(
        gap.to_numpy(),
        color=INK if own else "#b8c2cc",
        linewidth=2.2 if own else 0.8,
        zorder=2 + own,
    )
axes.axhline(0, color=REST, linewidth=0.8)
axes.axvline(start - 0.5, color=REST, linestyle=":")
axes.set_xticks(range(0, len(quarters), 4), [fmt.period(q, language) for q in quarters[::4]])
axes.set_ylabel(tell("écart, % du revenu", "gap, % of income"))
axes.set_title(
    f"{SERVED}, {tell('et les 23 autres', 'and the 23 others')} ({SYNTHETIC})",
    loc="left",
    fontsize=9,
)
axes.spines[["top", "right"]].set_visible(False)
plt.show()

# %% [markdown]
# ### Est-ce une seule ville, ou une date ? · Is it one town, or a date?
#
# Deux vérifications de plus. Sans l'une des villes de la combinaison, l'effet reste-t-il le même ? Et si l'on
# fait comme si l'action avait commencé plus tôt, quand elle n'existait pas, trouve-t-on un effet ? Il ne devrait
# pas y en avoir.
#
# > Two more checks. Without one of the towns in the mix, does the effect stay the same? And if one pretends that
# > the programme began earlier, when it did not exist, is there an effect? There should be none.

# %%
left_out = found.parts["leave_one_out"]
table(
    [
        tell("sans cette ville", "without this town"),
        tell("effet, % du revenu", "effect, % of income"),
    ],
    [[unit, number(effect)] for unit, effect in left_out[["unit", "effect"]].to_numpy()],
)

# %%
earlier = found.parts["in_time"]
pretended = earlier[earlier["served"] > 0]
table(
    [
        tell("comme si tout avait commencé en", "as if it had begun in"),
        fmt.period(pretended["period"].iloc[0], language),
    ],
    [
        [
            tell(
                "écart moyen avant cette date, % du revenu",
                "mean gap before that date, % of income",
            ),
            number(earlier.loc[earlier["served"] == 0, "gap"].mean()),
        ],
        [
            tell("écart moyen ensuite, jusqu'à fin 2020", "mean gap after it, to the end of 2020"),
            number(pretended["gap"].mean()),
        ],
        [
            tell("écart sur la période payée", "gap over the period paid for"),
            number(found.effect.value),
        ],
    ],
)

# %% [markdown]
# ## Ce qui avait été mis, et ce qui a été trouvé · What was put in, and what was found
#
# Ces données ont été fabriquées ; l'effet véritable est donc connu. Aucune étude réelle ne peut imprimer ce
# tableau.
#
# > These data were made, so the true effect is known. No real study can print this table.

# %%
TRUE = {"energy_share": -1.7125, "comfort": 3.625}  # as in make_data.py
NAMES = {
    "energy_share": tell("énergie, % du revenu", "energy, % of income"),
    "comfort": tell("assez chaud, % des ménages", "warm enough, % of households"),
}
effects = {name: report.findings[name].estimate.effect for name in TRUE}
intervals = {name: effect.interval(level) for name, effect in effects.items()}
for name, value in TRUE.items():
    assert value in intervals[name]
table(
    [
        "",
        tell("mis dans les données", "put into the data"),
        tell("trouvé", "found"),
        fmt.percent(level, language),
    ],
    [
        [
            NAMES[name],
            number(value),
            number(effects[name].value),
            f"{number(intervals[name].low)} … {number(intervals[name].high)}",
        ]
        for name, value in TRUE.items()
    ],
)

# %% [markdown]
# Le confort n'est pas payé. Il est suivi parce qu'un ménage qui coupe le chauffage dépense moins, lui aussi.
#
# > Comfort is not paid. It is followed because a household that turns the heating off spends less as well.

# %% [markdown]
# ## Les autres analyses prévues · The other planned analyses
#
# La même chose par d'autres méthodes. Elles informent et ne décident de rien.
#
# > The same by other methods. They inform and decide nothing.

# %%
described = {f.outcome: f for f in report.record.findings}


def ends(interval):
    """Both ends of an interval as text; a bound out of reach is said to be so."""
    if interval is None or interval.low is None or interval.high is None:
        return tell("hors d'atteinte", "out of reach")
    return f"{number(interval.low)} … {number(interval.high)}"


table(
    [
        tell("analyse", "analysis"),
        tell("baisse, % du revenu", "reduction, % of income"),
        tell("intervalle à 95 %", "95% interval"),
        tell("serait dû", "would be due"),
    ],
    [
        [
            fmt.pick(row.title, language),
            number(row.estimate),
            ends(row.interval),
            fmt.money(row.due_now, language, currency),
        ]
        for row in described["energy_share"].robustness
        if row.estimate is not None
    ],
)

# %% [markdown]
# ## Ce que l'on ne sait pas · What is not known

# %%
listed(fmt.pick(text, language) for text in report.record.unknowns)

# %% [markdown]
# ## Où est le rapport · Where the report is
#
#     impacteval verify studies/energy-town --out out/energy-town
#
# écrit le rapport en français et en anglais, en HTML et en PDF, et `verdict.json`. L'empreinte ci-dessous est
# celle du relevé : même empreinte, même rapport.
#
# > writes the report in French and English, as HTML and PDF, and `verdict.json`. The digest below is that of the
# > record: the same digest, the same report.

# %%
(clause,) = page.clauses
publish(
    level=level,
    effect=effects["energy_share"].value,
    comfort=effects["comfort"].value,
    true=TRUE,
    weights={str(unit): float(weight) for unit, weight in weights[["unit", "weight"]].to_numpy()},
    p_value=effects["energy_share"].p_value(0.0, "less"),
    due=clause.amount,
    refused=int(by_answer["refused"]),
    other_analyses={row.name: row.estimate for row in described["energy_share"].robustness},
    record=report.digest,
)
print(report.digest)
