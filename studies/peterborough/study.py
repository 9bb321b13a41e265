# %% [markdown]
# # Peterborough, man by man · Peterborough, homme par homme
#
# **Synthetic data: the men in this notebook do not exist. No payment follows from it.**
#
# In 2010 the first social impact bond was signed: investors paid for the support of men who leave
# Peterborough prison after a short sentence, and would be repaid if these men were convicted less often
# than similar men from other prisons. There was no draw by lot. Everything hangs on who counts as similar.
# The first evaluators found 8.4 percent fewer convictions in the first cohort. The second ones, with the
# same method, could not reproduce that number. As far as we know nothing was wrong; but there was no file
# that both could run.
#
# This notebook is that file, on men made up by `make_data.py` so that published totals come out. It cannot
# say whether the service worked. It shows a match that was frozen before anyone saw a conviction, a verdict
# that anyone can recompute, and what happens to both when somebody tries another specification.
#
# > **Données synthétiques : les hommes de ce carnet n'existent pas. Aucun paiement n'en découle.**
# >
# > En 2010 fut signé le premier contrat à impact social : des investisseurs paient l'accompagnement d'hommes
# > qui sortent de la prison de Peterborough après une courte peine ; ils seront remboursés si ces hommes sont
# > condamnés moins souvent que des hommes semblables sortis d'autres prisons. Pas de tirage au sort : tout
# > tient à qui compte comme semblable. Les premiers évaluateurs ont trouvé 8,4 % de condamnations de moins
# > dans la première cohorte. Les seconds, avec la même méthode, n'ont pas pu retrouver ce nombre. Que l'on
# > sache, rien n'était faux ; mais il n'y avait pas de fichier que les deux pouvaient exécuter.
# >
# > Ce carnet est ce fichier, sur des hommes inventés par `make_data.py` de sorte que les totaux publiés en
# > ressortent. Il ne peut pas dire si l'accompagnement a été utile. Il montre un appariement figé avant que
# > quiconque ait vu une condamnation, un verdict que chacun peut recalculer, et ce que deviennent l'un et
# > l'autre quand quelqu'un essaie une autre spécification.

# %% [markdown]
# The figures below are in one language, which the parameter chooses:
# `impacteval run studies/peterborough --set language=fr --out out` runs it in French.
#
# > Les résultats ci-dessous sont dans une langue, que choisit le paramètre `language`.

# %% tags=["parameters"]
# Language of tables and figures, en or fr; level of the two-sided intervals printed below.
language: str = "en"
level: float = 0.95

# %%
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Markdown

import impacteval as ie
from impacteval.contract.sentences import explain_sentences
from impacteval.notebook import publish
from impacteval.render import format as fmt
from impacteval.render.amended import amendment_lines
from impacteval.report.compared import compare
from impacteval.study.locking import prepare_now

study = ie.load_study(".")  # the folder of this notebook
contract, plan = study.contract, study.plan
currency = contract.currency
assert plan.synthetic
SYNTHETIC = {"en": "synthetic men", "fr": "hommes synthétiques"}[language]
BLUE, RUST, GREY = "#1f4e79", "#a3420f", "#5b6675"


def tell(en, fr):
    """The word in the language of this run."""
    return fr if language == "fr" else en


def said(message):
    """A sentence of the record, with its figures."""
    return fmt.fill(message, language, currency)


def number(value, decimals=2):
    """A figure as readers of the language write it."""
    return fmt.number(float(value), language, decimals)


def percent(value, decimals=1):
    """A figure that is in percent already."""
    return fmt.in_percent(float(value), language, decimals)


def listed(lines, bullet="-"):
    """One line under the other."""
    return Markdown("\n".join(f"{bullet} {line}" for line in lines))


def table(heads, rows):
    """A table whose cells are text."""
    lines = [heads, ["---"] * len(heads), *rows]
    return Markdown("\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines))


COHORTS = {
    name: fmt.pick(group.plain_name.text(), language)
    for name, group in contract.groups.items()
    if name != "cohort_3"
}
CODES = {"cohort_1": "one", "cohort_2": "two"}

# %% [markdown]
# ## The contract · Le contrat
#
# It says itself back, amendment included. The amounts were never published, so the study comes to verdicts
# and not to pounds.
#
# > Il se dit lui-même, avenant compris. Les montants n'ont jamais été publiés : l'étude aboutit à des
# > verdicts et non à des livres.

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
# ## What is published, and what is ours · Ce qui est publié, et ce qui est de nous
#
# Only totals were ever published. Everything below the line of totals is made up.
#
# > Seuls des totaux ont été publiés. Tout ce qui est au-dessous des totaux est inventé.

# %%
table(
    [tell("figure", "chiffre"), tell("value", "valeur"), tell("where", "où")],
    [
        [tell("men counted in two cohorts", "hommes comptés en deux cohortes"), number(1802, 0), "INDIGO-POJ-0153"],
        [tell("convictions per 100, first cohort", "condamnations pour 100, première cohorte"),
         tell("142 against 155", "142 contre 155"), "civilsociety.co.uk, 2014-08-07"],
        [tell("fewer in the second cohort", "de moins dans la deuxième cohorte"), percent(9.7),
         tell("secondary sources", "sources secondaires")],
        [tell("fewer, both together", "de moins, les deux ensemble"), percent(9, 0), "barrowcadbury.org.uk"],
        [tell("took the service up", "ont accepté l'accompagnement"), tell("74%, then 87%", "74 %, puis 87 %"),
         "barrowcadbury.org.uk; pioneerspost.com, 2017-07-27"],
        [tell("the second evaluators and their sample", "les seconds évaluateurs et leur échantillon"),
         tell("in words", "en mots"), "core.ac.uk/works/8384978"],
        [tell("the third cohort given up", "la troisième cohorte abandonnée"), tell("April 2014", "avril 2014"),
         "russellwebster.com"],
        [tell("how the 1,802 are split; every man; every other prison",
              "le partage des 1 802 ; chaque homme ; toute autre prison"),
         tell("ours", "de nous"), "make_data.py"],
    ],
)  # fmt: skip

# %% [markdown]
# ## Before any conviction is read · Avant de lire la moindre condamnation
#
# I read everything but the columns of convictions: who left which prison, when, with which record. Every man
# who left Peterborough counts, whether or not he took the service up; otherwise the service could choose
# whom it is judged by.
#
# > Je lis tout sauf les colonnes de condamnations : qui est sorti de quelle prison, quand, avec quels
# > antécédents. Tout homme sorti de Peterborough compte, qu'il ait accepté l'accompagnement ou non ; sinon
# > l'accompagnement choisirait sur qui on le juge.

# %%
OUTCOMES = ["convictions", "convictions_by_12"]
everything = pd.read_parquet("men.parquet")
men = everything.drop(columns=OUTCOMES)
spans = men.groupby("cohort", observed=True)["released"].agg(lambda x: (min(x), max(x)))
rows = []
for name, title in COHORTS.items():
    who = men[men["cohort"] == CODES[name]]
    served = who[who["served"] == 1]
    first, last = spans[CODES[name]]
    rows.append(
        [
            title,
            f"{fmt.date(first, language)} – {fmt.date(last, language)}",
            number(len(served), 0),
            percent(100 * served["took_up"].mean(), 0),
            number((who["served"] == 0).sum(), 0),
        ]
    )
assert men["served"].sum() == 1802
table(
    [
        tell("cohort", "cohorte"),
        tell("released", "sortis"),
        tell("left Peterborough", "sortis de Peterborough"),
        tell("took it up", "ont accepté"),
        tell("left ten other prisons", "sortis de dix autres prisons"),
    ],
    rows,
)

# %% [markdown]
# ### The match, frozen · L'appariement, figé
#
# For each man I look for up to ten from other prisons whose chance of leaving Peterborough, given age,
# record, offence and sentence, is closest to his. Nobody counts twice, men of the very same record share a
# place, and a man too far away is refused. Whoever runs this step again must get the same digest, and does.
#
# > Pour chaque homme, je cherche jusqu'à dix hommes d'autres prisons dont la probabilité de sortir de
# > Peterborough, au vu de l'âge, des antécédents, de l'infraction et de la peine, est la plus proche de la
# > sienne. Nul ne compte deux fois, les hommes aux dossiers identiques partagent une place, et l'on refuse qui
# > est trop loin. Qui refait cette étape doit obtenir la même empreinte, et l'obtient.

# %%
again = prepare_now(study).samples
assert again == study.prepared.samples
frozen = {sample.group: sample.step.tables for sample in again}
counts = {
    g: dict(zip(t["counts"]["what"], t["counts"]["n"], strict=True)) for g, t in frozen.items()
}
table(
    [
        tell("cohort", "cohorte"),
        tell("matched", "appariés"),
        tell("nobody near enough", "personne d'assez proche"),
        tell("comparators", "comparateurs"),
        tell("per man", "par homme"),
        "sha256",
    ],
    [
        [
            COHORTS[s.group],
            number(counts[s.group]["matched"], 0),
            number(counts[s.group]["nobody_near"], 0),
            number(counts[s.group]["comparators_used"], 0),
            number(counts[s.group]["comparators_used"] / counts[s.group]["matched"], 1),
            s.step.digest[7:23] + "…",
        ]
        for s in again
    ],
)

# %% [markdown]
# ### Alike, before and after · Semblables, avant et après
#
# The men of Peterborough had longer records and more theft behind them than those of other prisons. After
# matching, no characteristic differs by more than a few hundredths of a standard deviation. That is all that
# matching can do: it makes alike what the file holds.
#
# > Les hommes de Peterborough avaient plus d'antécédents et plus de vols que ceux des autres prisons. Après
# > appariement, aucune caractéristique ne diffère de plus de quelques centièmes d'écart-type. C'est tout ce
# > que peut un appariement : rendre semblable ce que contient le fichier.

# %%
names = {
    column: fmt.pick(words.text(), language)
    for column, words in plan.analyses["matched"].covariate_names.items()
}
figure, panels = plt.subplots(
    1, 2, figsize=(9, 3.4), layout="constrained", sharex=True, sharey=True
)
for axes, (group, title) in zip(panels, COHORTS.items(), strict=True):
    balance = pd.DataFrame(frozen[group]["balance"])
    at = np.arange(len(balance))[::-1]
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.hlines(at, balance["difference_before"], balance["difference_after"], color="#d9e2ec")
    axes.plot(balance["difference_before"], at, "o", color=RUST, label=tell("before", "avant"))
    axes.plot(balance["difference_after"], at, "o", color=BLUE, label=tell("after", "après"))
    axes.set_title(f"{title} ({SYNTHETIC})", loc="left", fontsize=9)
    axes.set_yticks(at, [names[c] for c in balance["covariate"]])
    axes.set_xlabel(tell("difference, in standard deviations", "écart, en écarts-types"))
    axes.set_xticks([-0.2, -0.1, 0, 0.1, 0.2])
    axes.xaxis.set_major_formatter(lambda x, _: number(x, 1))
    axes.spines[["top", "right", "left"]].set_visible(False)
panels[1].legend(frameon=False, fontsize=8)
plt.show()
worst = max(np.abs(t["balance"]["difference_after"]).max() for t in frozen.values())
assert worst < 0.05

# %% [markdown]
# ### One man and his ten · Un homme et ses dix
#
# A match can be looked at. This is the man with the median record in the first cohort, and those who stand
# for what would have become of him. They are not his twins one by one; together they are like him in what
# predicts being at Peterborough.
#
# > Un appariement se regarde. Voici l'homme aux antécédents médians de la première cohorte, et ceux qui
# > figurent ce qu'il serait devenu. Un à un, ce ne sont pas ses jumeaux ; ensemble, ils lui ressemblent en ce
# > qui prédit d'être à Peterborough.

# %%
pairs = {group: pd.DataFrame(tables["pairs"]) for group, tables in frozen.items()}


def by_place(group):
    """The men of a cohort by what the frozen step calls them: their place in the order of labels."""
    who = everything[everything["cohort"] == CODES[group]].sort_values("man").reset_index(drop=True)
    return who.set_axis(who.index + 1)


def told(man):
    """A man's record in one row."""
    offence = next(
        (names[k] for k in ("theft", "violence", "drugs", "driving") if man[k]),
        tell("Sentenced for something else", "Condamné pour autre chose"),
    )
    return [
        man["prison"],
        *(
            number(man[k], 0)
            for k in ("age", "convictions_before", "prison_before", "sentence_days")
        ),
        offence,
    ]


blind = by_place("cohort_1").drop(columns=OUTCOMES)
whole = pairs["cohort_1"].groupby("served").filter(lambda p: len(p) == 10)
served = blind.loc[whole["served"].unique()]
median = (served["convictions_before"] - served["convictions_before"].median()).abs()
one = median.sort_values(kind="stable").index[0]
ten = blind.loc[whole.loc[whole["served"] == one, "comparison"]]
shown = [told(man) for man in (blind.loc[one], *(row for _, row in ten.iterrows()))]
table(
    [
        tell("left", "sorti de"),
        *(names[k] for k in ("age", "convictions_before", "prison_before", "sentence_days")),
        tell("offence", "infraction"),
    ],
    [[f"**{cell}**" for cell in shown[0]], *shown[1:]],
)

# %% [markdown]
# ## Convictions join by pseudonym · Les condamnations rejoignent par pseudonyme
#
# Only now are convictions read. One call estimates, checks, asks the contract and decides.
#
# > Ce n'est que maintenant que les condamnations sont lues. Un seul appel estime, contrôle, interroge le
# > contrat et décide.

# %%
report = ie.verify(study)
record = report.record
page = record.page_one
listed(
    [
        f"**{said(page.headline)}**",
        *(f"{said(clause.sentence)} {said(clause.distance)}" for clause in page.clauses),
        *(said(note) for note in page.warnings),
    ]
)

# %% [markdown]
# ### By hand · À la main
#
# The number is two means. Those of the served are counted; each comparator counts by his weight in the
# frozen pairs. A few lines of pandas give the same number as the method.
#
# > Le nombre, ce sont deux moyennes. On compte les hommes servis ; chaque comparateur compte selon son poids
# > dans les paires figées. Quelques lignes de pandas donnent le même nombre que la méthode.

# %%
by_hand, rows = {}, []
for group, title in COHORTS.items():
    who = by_place(group)
    match = pairs[group]
    with_it = 100 * who.loc[match["served"].unique(), "convictions"].mean()
    each = match["weight"] * who.loc[match["comparison"], "convictions"].to_numpy()
    without = 100 * each.groupby(match["served"]).sum().mean()
    by_hand[group] = 100 * (1 - with_it / without)
    estimate = report.findings["reconvictions", group].estimate
    assert np.isclose(by_hand[group], -100 * estimate.effect.value, rtol=1e-12)
    everyone = 100 * who.groupby("served")["convictions"].mean()
    rows.append([title, number(with_it), number(without), percent(by_hand[group], 2)])
table(
    [
        tell("cohort", "cohorte"),
        tell("convictions per 100 men", "condamnations pour 100 hommes"),
        tell("similar men", "hommes semblables"),
        tell("fewer", "en moins"),
    ],
    rows,
)

# %% [markdown]
# ### As signed and as amended · Selon le contrat d'origine et avec l'avenant
#
# The contract was for three cohorts. In April 2014 a national programme took away the prisons to compare
# with, and the third was given up. As signed, the last clause would still be waiting for it, and nothing
# would be due; as amended, it is judged on two.
#
# > Le contrat portait sur trois cohortes. En avril 2014, un programme national a supprimé les prisons de
# > comparaison, et la troisième fut abandonnée. Selon le contrat d'origine, la dernière clause l'attendrait
# > toujours, et rien ne serait dû ; avec l'avenant, elle est jugée sur deux.

# %%
listed([said(record.as_contracted.reading), *(said(d) for d in record.as_contracted.differences)])

# %% [markdown]
# ## Three numbers that this contract does not pay on · Trois nombres sur lesquels ce contrat ne paie pas
#
# Each is easy to compute, and each answers another question.
#
# - **Without matching.** The men of Peterborough are worse risks; against all others the service looks as if
#   it did harm.
# - **Only those who took it up.** They expected to do better anyway. The contract counts everyone who left, so
#   nobody can choose.
# - **Without waiting for the courts.** When the twelve months end, courts have reached seven convictions in
#   ten. Levels are almost a third too low; the ratio moves by chance.
#
# > Chacun se calcule facilement, et chacun répond à une autre question.
# >
# > - **Sans appariement.** Les hommes de Peterborough présentent plus de risques ; face à tous les autres,
# >   l'accompagnement semble nuire.
# > - **Seulement ceux qui l'ont accepté.** Ils s'attendaient de toute façon à mieux faire. Le contrat compte
# >   tous les sortants ; nul ne peut donc choisir.
# > - **Sans attendre les tribunaux.** À la fin des douze mois, les tribunaux ont prononcé sept condamnations
# >   sur dix. Les niveaux sont trop bas de près d'un tiers ; le rapport bouge au gré du hasard.


# %%
def reduction(with_it, without):
    return 100 * (1 - with_it / without)


tempting = {}
for group in COHORTS:
    who = by_place(group)
    match = pairs[group]
    took = match[who.loc[match["served"], "took_up"].to_numpy() == 1]
    alike = took["weight"] * who.loc[took["comparison"], "convictions"].to_numpy()
    early = match["weight"] * who.loc[match["comparison"], "convictions_by_12"].to_numpy()
    tempting[group] = [
        by_hand[group],
        reduction(*(who.loc[who["served"] == d, "convictions"].mean() for d in (1, 0))),
        reduction(
            who.loc[took["served"].unique(), "convictions"].mean(),
            alike.groupby(took["served"]).sum().mean(),
        ),
        reduction(
            who.loc[match["served"].unique(), "convictions_by_12"].mean(),
            early.groupby(match["served"]).sum().mean(),
        ),
    ]
readings = [
    tell("**the contract's: everyone, matched, after the wait**",
         "**celui du contrat : tous, appariés, après l'attente**"),
    tell("everyone, not matched", "tous, sans appariement"),
    tell("only those who took it up, matched", "seulement ceux qui ont accepté, appariés"),
    tell("everyone, matched, without the wait", "tous, appariés, sans l'attente"),
]  # fmt: skip
table(
    [tell("percent fewer", "pour cent de moins"), *COHORTS.values()],
    [[title, *(percent(tempting[g][k]) for g in COHORTS)] for k, title in enumerate(readings)],
)

# %% [markdown]
# ## A second evaluator · Un second évaluateur
#
# At Peterborough the second evaluators kept the method and defined the sample a little differently. Their
# number was another one, and nobody could say why. Here is what would have happened with a file.
#
# **The same file, run again**, gives the same number to the last digit: `impacteval verify` on another
# machine, with `--against` the first run, compares every verdict, amount and number and says that they
# agree.
#
# **Another definition of the sample**: a second evaluator leaves out three of the ten other prisons, because
# similar support has begun there. A defensible choice, made after convictions were known. I copy the study,
# add that rule to its plan, leave most checks out to be quick, and hold the two runs against each other.
#
# > À Peterborough, les seconds évaluateurs ont gardé la méthode et défini l'échantillon un peu autrement. Leur
# > nombre fut un autre, et nul n'a pu dire pourquoi. Voici ce qui se serait passé avec un fichier.
# >
# > **Le même fichier, exécuté de nouveau**, donne le même nombre jusqu'au dernier chiffre : `impacteval verify`
# > sur une autre machine, avec `--against` suivi du premier calcul, compare chaque verdict, montant et nombre et
# > dit qu'ils concordent.
# >
# > **Une autre définition de l'échantillon** : un second évaluateur écarte trois des dix autres prisons, car un
# > accompagnement semblable y a commencé. Un choix défendable, fait une fois les condamnations connues. Je copie
# > l'étude, j'ajoute cette règle à son plan, je laisse la plupart des contrôles de côté pour aller vite, et je confronte
# > les deux calculs.

# %%
kept = ["Peterborough", *(f"Prison {letter}" for letter in "DEFGHIJ")]
OTHER = f"""    eligible:
      - column: prison
        equals: [{", ".join(kept)}]
        because:
          en: three prisons have begun similar support
          fr: trois prisons ont commencé un accompagnement semblable
    diagnostics:
      - {{name: balance, limit: 0.1}}
"""
text = Path("plan.yaml").read_text(encoding="utf-8")
start, end = text.index("    diagnostics:\n"), text.index("    unit_kind: person\n\nevaluator")
with TemporaryDirectory() as folder:
    second = Path(folder) / "peterborough"
    second.mkdir()
    for file in ("contract.yaml", "examples.yaml", "men.parquet", "lock.yaml"):
        shutil.copy(file, second)
    (second / "plan.yaml").write_text(text[:start] + OTHER + text[end:], encoding="utf-8")
    other = ie.verify(ie.load_study(second)).record
held = compare(record, other)
assert not held.agree
listed(
    [
        f"**{said(held.headline)}**",
        f"**{said(held.standing)}**",
        *(said(line) for line in held.circumstances),
    ]
)

# %%
verdicts = {
    v: tell(en, fr)
    for v, en, fr in (("met", "met", "remplie"), ("not_met", "not met", "non remplie"))
}
theirs = {(c.name, c.group): c for c in other.page_one.clauses}
rows = []
for clause in page.clauses:
    twin = theirs[clause.name, clause.group]
    where = fmt.pick(clause.group_name, language)
    rows.append(
        [
            f"{fmt.pick(clause.title, language)}, {where}",
            *(
                f"{percent(c.estimate, 2)}, {verdicts.get(c.verdict, c.verdict)}"
                for c in (clause, twin)
            ),
        ]
    )
table(
    [
        tell("clause", "clause"),
        tell("as locked", "comme verrouillé"),
        tell("three prisons less", "trois prisons de moins"),
    ],
    rows,
)

# %% [markdown]
# The two numbers differ by what leaving out three prisons does to the match; neither evaluator made a
# mistake. What settles it is not who is right but what was fixed: the lock names one specification, and the
# report of any other says where it departs.
#
# > Les deux nombres diffèrent de ce que l'absence de trois prisons fait à l'appariement ; aucun des évaluateurs
# > ne s'est trompé. Ce qui tranche n'est pas qui a raison mais ce qui était fixé : le verrou nomme une
# > spécification, et le rapport de toute autre dit en quoi elle s'en écarte.

# %% [markdown]
# ## The Ministry's own figures · Les chiffres du ministère
#
# The Ministry of Justice published something else as well: reconvictions per 100 men within six months, at
# Peterborough and in local prisons of the country, for four periods before the service and one with it. These
# figures are real (Ministry of Justice, as told at tobyecc.wordpress.com), and so is the temptation to read
# them: before the service Peterborough stood 9 above the others, with it 6 below.
#
# > Le ministère de la Justice a aussi publié autre chose : les nouvelles condamnations pour 100 hommes en six
# > mois, à Peterborough et dans les prisons locales du pays, pour quatre périodes avant l'accompagnement et une
# > avec lui. Ces chiffres sont réels (ministère de la Justice, rapportés sur tobyecc.wordpress.com), et la
# > tentation de les lire aussi : avant, Peterborough était 9 au-dessus des autres ; avec, 6 au-dessous.

# %%
ministry = pd.read_csv("ministry.csv", dtype={"released": str})
before, after = (
    ministry[ministry["service"] == "no"],
    ministry[ministry["service"] == "yes"].iloc[0],
)
gaps = before["peterborough"] - before["local_prisons"]
expected = {
    tell("last gap before", "dernier écart avant"): after["local_prisons"] + gaps.iloc[-1],
    tell("mean gap before", "écart moyen avant"): after["local_prisons"] + gaps.mean(),
}
changes = {name: 100 * (after["peterborough"] / level - 1) for name, level in expected.items()}
figure, axes = plt.subplots(figsize=(7, 3), layout="constrained")
at = np.arange(len(ministry))
for column, label, tone in (
    ("peterborough", "Peterborough", BLUE),
    ("local_prisons", tell("local prisons", "prisons locales"), RUST),
):
    axes.plot(at, ministry[column], "o-", color=tone, label=label)
level_there = next(iter(expected.values()))
axes.plot(at[-2:], [before["peterborough"].iloc[-1], level_there], "o--", color=BLUE, alpha=0.45,
          label=tell("had the gap stayed", "si l'écart était resté"))  # fmt: skip
axes.set_xticks(at, [p.replace("-", "–") for p in ministry["released"]])
axes.set_ylim(60, 100)
axes.set_ylabel(tell("per 100, in six months", "pour 100, en six mois"))
axes.set_xlabel(tell("years of release (published figures)", "années de sortie (chiffres publiés)"))
axes.legend(frameon=False, fontsize=8, loc="upper left")
axes.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
table(
    [
        tell("compared with", "par rapport à"),
        tell("expected per 100", "attendus pour 100"),
        tell("found", "constatés"),
        tell("change", "évolution"),
    ],
    [
        [name, number(level, 1), number(after["peterborough"], 0), percent(changes[name])]
        for name, level in expected.items()
    ],
)

# %% [markdown]
# Sixteen percent fewer, where the contract's own method found 8.4 in the first cohort. The two do not
# contradict each other: six months against twelve, local prisons of the country against men matched one by
# one, a gap that is supposed to stay the same against records that are made alike. Nor is there an interval:
# two lines are two places, and nothing tells how far they part by chance. But paid on the first, the early
# clause would have been met.
#
# > Seize pour cent de moins, là où la méthode du contrat a trouvé 8,4 dans la première cohorte. Les deux ne se
# > contredisent pas : six mois contre douze, les prisons locales du pays contre des hommes appariés un à un, un
# > écart que l'on suppose constant contre des dossiers rendus semblables. Il n'y a pas non plus d'intervalle :
# > deux lignes sont deux lieux, et rien ne dit de combien elles s'écartent par hasard. Mais payée sur le
# > premier nombre, la clause anticipée aurait été remplie.

# %%
published = {
    tell("matched, as the contract says (published)", "apparié, selon le contrat (publié)"): 8.4,
    tell("difference in differences, six months", "différence de différences, six mois"): round(
        -next(iter(changes.values())), 1
    ),
}
rows, early = [], {}
for name, value in published.items():
    decision = ie.price(contract, {"reconvictions": {"cohort_1": value}})
    (clause,) = [c for c in decision.clauses if (c.name, c.group) == ("early", "cohort_1")]
    early[name] = clause.verdict.value
    rows.append([name, percent(value), verdicts[clause.verdict.value]])
assert list(early.values()) == ["not_met", "met"]
table(
    [
        tell("first cohort", "première cohorte"),
        tell("fewer", "en moins"),
        tell("early payment", "paiement anticipé"),
    ],
    rows,
)

# %% [markdown]
# The contract must name the method. This one did, and it names it down to the number of comparators and the
# file without outcomes.
#
# > Le contrat doit nommer la méthode. Celui-ci l'a fait, jusqu'au nombre de comparateurs et au fichier sans
# > résultats.

# %% [markdown]
# ## How firm is it · Quelle solidité
#
# What the planned checks say of each cohort, and how often a verdict would be another one. The contract lets
# none of them withhold the payment; they inform. One line deserves a second look: a covariate of pure chance
# moves every man's score a little, so that others are found for him, and the number moves by a point. No
# effect is at stake in that, only whom a match happens to take; and it is enough to turn a verdict where a
# cohort misses by a third of a point. A file that fixes the match beforehand does not make it more
# true. It makes it the same for everyone.
#
# > Ce que disent les contrôles prévus, pour chaque cohorte, et combien de fois un verdict serait autre. Le
# > contrat n'en laisse aucun suspendre le paiement ; ils informent. Une ligne mérite qu'on s'y arrête : une
# > covariable de pur hasard déplace un peu le score de chacun, d'autres hommes lui sont donc trouvés, et le
# > nombre bouge d'un point. Aucun effet n'est en jeu, seulement ceux que l'appariement vient à prendre ; et cela
# > suffit à retourner un verdict quand il manque un tiers de point à une cohorte. Un fichier qui fixe
# > l'appariement d'avance ne le rend pas plus vrai. Il le rend le même pour tous.

# %%
found = {f.group: f for f in record.findings}
listed(
    f"{COHORTS[group]}: **{fmt.pick(check.title, language)}**. {said(check.explanation)}"
    for group in COHORTS
    for check in found[group].diagnostics
)

# %%
# Of the runs that form the number again, how many would change a verdict: of any clause, as both
# cohorts are formed again together.
table(
    [
        tell("check", "contrôle"),
        tell("another verdict", "autre verdict"),
        tell("of", "sur"),
    ],
    [
        [
            fmt.pick(check.title, language),
            number(check.decided.flips, 0),
            number(check.decided.answered, 0),
        ]
        for check in found["cohort_1"].diagnostics
        if check.decided is not None and check.decided.answered
    ],
)

# %% [markdown]
# ### The other planned analyses · Les autres analyses prévues
#
# The same number by other ways of making men alike. All of them rest on the same record; none sees what is
# not in the file.
#
# > Le même nombre par d'autres manières de rendre les hommes semblables. Toutes reposent sur le même dossier ;
# > aucune ne voit ce qui n'y est pas.

# %%
rows = []
for group, title in COHORTS.items():
    rows.append([f"**{title}**", f"**{percent(found[group].estimate, 2)}**", "", ""])
    for row in found[group].robustness:
        cells = ["–", "–", "–"]
        if row.estimate is not None:
            cells = [
                percent(row.estimate, 2),
                f"{number(row.interval.low)} – {number(row.interval.high)}",
                tell("yes", "oui") if row.flips else tell("no", "non"),
            ]
        rows.append([fmt.pick(row.title, language), *cells])
table(
    [
        tell("analysis", "analyse"),
        tell("fewer", "en moins"),
        tell("95% interval", "intervalle à 95 %"),
        tell("would a verdict change?", "un verdict changerait-il ?"),
    ],
    rows,
)

# %% [markdown]
# ## What was put in, and what was found · Ce qui avait été mis, et ce qui a été trouvé
#
# These men were made, so the true effect is known. Both intervals hold it, and they are wide: on fewer than
# a thousand men, with convictions as unevenly spread as these, an effect of eight percent can hardly be told
# from none. The contract compares the estimate itself, without a margin for chance; that is what was agreed.
#
# > Ces hommes ont été fabriqués ; l'effet véritable est donc connu. Les deux intervalles le contiennent, et ils
# > sont larges : sur moins de mille hommes, avec des condamnations aussi inégalement réparties, un effet de huit
# > pour cent se distingue à peine de rien. Le contrat compare l'estimation même, sans marge pour le hasard ;
# > c'est ce qui fut convenu.

# %%
PUT_IN = {"cohort_1": (142, 155), "cohort_2": (140, 155)}  # as in make_data.py
rows = []
for group, title in COHORTS.items():
    estimate = report.findings["reconvictions", group].estimate
    interval = estimate.effect.interval(level)
    low, high = -100 * interval.high, -100 * interval.low
    true = reduction(*PUT_IN[group])
    assert low < true < high
    rows.append(
        [title, percent(true), percent(by_hand[group]), f"{percent(low)} – {percent(high)}"]
    )
table(
    [
        tell("cohort", "cohorte"),
        tell("put into the data", "mis dans les données"),
        tell("found", "trouvé"),
        fmt.percent(level, language),
    ],
    rows,
)

# %% [markdown]
# ### Had the contract asked for certainty · Si le contrat avait exigé une certitude
#
# One prison was served. Whatever else happened in that town is in the number, and no interval between people
# covers it. A rule that asks for confidence could therefore not be judged here; one that compares the
# estimate can.
#
# > Une seule prison a été servie. Ce qui s'est passé d'autre dans cette ville est dans le nombre, et aucun
# > intervalle entre personnes ne le couvre. Une règle qui exige de la confiance ne pourrait donc pas être jugée
# > ici ; une règle qui compare l'estimation le peut.

# %%
answers = {**verdicts, "cannot_be_judged": tell("cannot be judged", "ne peut être jugée")}
table(
    [
        tell("rule", "règle"),
        *(
            f"{fmt.pick(c.title, language)}, {fmt.pick(c.group_name, language)}"
            for c in page.clauses
        ),
    ],
    [
        [
            said(rule.rule),
            *(answers[rule.verdicts[f"{c.name}/{c.group}"]] for c in page.clauses),
        ]
        for rule in record.other_rules
    ],
)

# %% [markdown]
# ## What is not known · Ce que l'on ne sait pas

# %%
listed(fmt.pick(text, language) for text in record.unknowns)

# %% [markdown]
# ## Where the report is · Où est le rapport
#
#     impacteval verify studies/peterborough --out out/peterborough
#
# writes the report in English and French, as HTML and PDF, and `verdict.json`. Whoever runs it again adds
# `--against` and the folder of the first run, and is told whether the two agree. The digest below is that of
# the record: the same digest, the same report.
#
# > La commande écrit le rapport en anglais et en français, en HTML et en PDF, et `verdict.json`. Qui la refait
# > ajoute `--against` et le dossier du premier calcul, et apprend si les deux concordent. L'empreinte
# > ci-dessous est celle du relevé : même empreinte, même rapport.

# %%
publish(
    level=level,
    cohort_1=by_hand["cohort_1"],
    cohort_2=by_hand["cohort_2"],
    together=float(found["pooled"].estimate),
    verdicts=[c.verdict for c in page.clauses],
    second_evaluator={c.group: float(c.estimate) for c in other.page_one.clauses},
    six_months=list(changes.values()),
    unmatched=[tempting[g][1] for g in COHORTS],
    record=report.digest,
)
print(report.digest)
