# %% [markdown]
# # Minimum wages and teen employment, start by start · Salaire minimum et emploi des jeunes
#
# Between 2004 and 2007 some American states raised their minimum wage above the federal one, at different
# dates. What did that do to the employment of teenagers? Callaway and Sant'Anna (2021) take this question to
# show how effects are measured when a measure comes to different places at different times. This notebook
# draws their figures again, one after the other, on the data that their R package `did` ships as `mpdta`: 500
# counties, 2003 to 2007. They are a part of the paper's data, so the figures have its shape and
# the numbers are those that the package prints.
#
# > Entre 2004 et 2007, des États américains ont relevé leur salaire minimum au-dessus du minimum fédéral, à
# > des dates différentes. Quel effet sur l'emploi des adolescents ? Callaway et Sant'Anna (2021) prennent cette
# > question pour montrer comment mesurer des effets quand une mesure arrive en divers lieux à divers moments.
# > Ce carnet refait leurs figures l'une après l'autre, sur les données que leur paquet R `did` fournit sous le
# > nom de `mpdta` : 500 comtés, de 2003 à 2007. C'est une partie des données de l'article ; les figures en ont
# > donc la forme, et les nombres sont ceux que le paquet affiche.
#
# B. Callaway and P. Sant'Anna (2021), Difference-in-differences with multiple time periods, *Journal of
# Econometrics* 225(2), 200-230, [doi:10.1016/j.jeconom.2020.12.001](https://doi.org/10.1016/j.jeconom.2020.12.001).
# The data are read from the Python package `moderndid` (`pip install moderndid`), which carries a copy; nothing of
# them is kept here.

# %% tags=["parameters"]
# Language of tables and figures, en or fr.
language: str = "en"

# %%
import gzip
import importlib.util
import pickle
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import impacteval as ie
from impacteval.notebook import publish
from impacteval.sample import Sample

found = importlib.util.find_spec("moderndid")
assert found is not None, "The data come with the package moderndid: pip install moderndid."
packed = Path(found.submodule_search_locations[0], "core", "datasets", "mpdta_long.pkl.gz")
# The file belongs to an installed package, whose code this notebook would trust anyway.
counties = pickle.loads(gzip.decompress(packed.read_bytes())).rename(  # noqa: S301
    columns={"countyreal": "county", "first.treat": "first_treat"}
)


def tell(en, fr):
    """The word in the language of this run."""
    return fr if language == "fr" else en


def roll_out(covariates=()):
    """The counties as a roll-out: log employment, and the year in which the wage was raised."""
    return Sample.from_frame(
        counties,
        design="did",
        outcome="lemp",
        unit="county",
        period="year",
        adopted="first_treat",
        never=0,
        covariates=list(covariates),
        log_outcome=True,
    )


def measure(sample, **settings):
    """What the estimator finds, in log points of employment."""
    method = ie.estimator("callaway-santanna", **settings)
    return method.estimate(sample, scale="difference", rng=np.random.default_rng(1))


# %% [markdown]
# ## Who raised it when · Qui l'a relevé quand
#
# Most counties never saw a rise in these years. Only twenty saw it in 2004.
#
# > La plupart des comtés n'ont connu aucune hausse pendant ces années. Vingt seulement l'ont connue en 2004.

# %%
first = counties.drop_duplicates("county")["first_treat"].replace(0, tell("never", "jamais"))
first.value_counts().sort_index(key=lambda x: x.astype(str)).rename(
    tell("counties", "comtés")
).to_frame()

# %% [markdown]
# ## The tempting regression · La régression tentante
#
# One coefficient for "the wage has been raised", with an effect for each county and each year. In a balanced
# panel that is least squares on what is left after both averages are taken away, a few lines by hand.
# It says that employment fell by some 3.6 percent. But it compares every county with every other, also those
# raised in 2007 with those raised in 2004, whose employment is still moving because of their own rise.
#
# > Un seul coefficient pour « le salaire a été relevé », avec un effet par comté et un par année. Dans un panel
# > équilibré, ce sont des moindres carrés sur ce qui reste une fois ôtées les deux moyennes : quelques lignes à
# > la main. Il dit que l'emploi a baissé d'environ 3,6 %. Mais il compare tous les comtés entre eux, y compris
# > ceux de 2007 à ceux de 2004, dont l'emploi bouge encore du fait de leur propre hausse.

# %%
table = counties.assign(
    raised=((counties["first_treat"] > 0) & (counties["year"] >= counties["first_treat"])) * 1.0
)


def within(column):
    """A column without the averages of counties and of years."""
    return (
        column
        - column.groupby(table["county"]).transform("mean")
        - column.groupby(table["year"]).transform("mean")
        + column.mean()
    )


x, y = within(table["raised"]), within(table["lemp"])
two_way = float(x @ y / (x @ x))
assert np.isclose(two_way, -0.0365489367, atol=6e-11)
print(f"{two_way:.10f}")

# %% [markdown]
# ## One clean comparison · Une comparaison nette
#
# Counties that raised the wage in 2004, in 2004, against the year before; less the change of counties that never
# raised it. Four averages. Everything that follows is made of comparisons like this one.
#
# > Les comtés qui ont relevé le salaire en 2004, en 2004, par rapport à l'année d'avant ; moins l'évolution des
# > comtés qui ne l'ont jamais relevé. Quatre moyennes. Tout ce qui suit est fait de comparaisons comme celle-ci.

# %%
wide = counties.pivot_table(index="county", columns="year", values="lemp")
start = counties.groupby("county")["first_treat"].first()
change = wide[2004] - wide[2003]
one = change[start == 2004].mean() - change[start == 0].mean()
sample = roll_out()
simple = measure(sample)
cells = simple.parts["group_time"]
own = cells[(cells["cohort"] == 2004) & (cells["period"] == 2004)]["effect"].item()
assert np.isclose(one, own, atol=1e-12)
assert np.isclose(one, -0.0105032462, atol=6e-11)
print(f"{one:.10f}")

# %% [markdown]
# ## First figure: every start in every year · Première figure : chaque début, chaque année
#
# Twelve effects, without covariates. Hollow points are years before the rise, where there can be no effect
# and each year is compared with the one before. Thin lines hold one effect with 95% confidence, shaded bars
# all twelve together. The numbers agree with those of the R package to every digit that it prints.
#
# > Douze effets, sans covariables. Les points creux sont des années d'avant la hausse, où il ne peut y avoir
# > d'effet ; chaque année y est comparée à la précédente. Un trait contient un effet avec 95 % de confiance, les
# > barres grisées les contiennent tous les douze. Les nombres sont ceux du paquet R, à chaque décimale affichée.


# %%
def effects_by_start(parts):
    """A panel for each start: effects by year, with intervals and the band of all."""
    table = parts["group_time"]
    starts = sorted(table["cohort"].unique())
    figure, panels = plt.subplots(
        len(starts), 1, figsize=(7, 6.2), sharex=True, sharey=True, layout="constrained"
    )
    for axes, year in zip(panels, starts, strict=True):
        rows = table[table["cohort"] == year]
        for row in rows.itertuples():
            after = row.period >= year
            axes.fill_between(
                [row.period - 0.18, row.period + 0.18],
                row.band_low,
                row.band_high,
                color="#d9e2ec",
                linewidth=0,
            )
            axes.vlines(row.period, row.low, row.high, color="#1f4e79", linewidth=1.6)
            axes.plot(
                row.period, row.effect, "o", color="#1f4e79", mfc="#1f4e79" if after else "white"
            )
        axes.axhline(0, color="#5b6675", linewidth=0.8)
        axes.set_title(tell(f"raised in {year}", f"relevé en {year}"), loc="left", fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
    panels[-1].set_xticks(sorted(table["period"].unique()))
    figure.supylabel(tell("effect on log employment", "effet sur le log de l'emploi"), fontsize=9)
    plt.show()


effects_by_start(simple.parts)

# %%
PUBLISHED = {
    (2004, 2004): (-0.0105032462, 0.0232510364),
    (2004, 2005): (-0.0704231581, 0.0309847668),
    (2004, 2006): (-0.1372587389, 0.0364356643),
    (2004, 2007): (-0.1008113631, 0.0343592258),
    (2006, 2004): (0.0065201124, 0.0233268051),
    (2006, 2005): (-0.0027508188, 0.0195585610),
    (2006, 2006): (-0.0045946070, 0.0177551967),
    (2006, 2007): (-0.0412244715, 0.0202291807),
    (2007, 2004): (0.0305066556, 0.0150335603),
    (2007, 2005): (-0.0027258929, 0.0163958329),
    (2007, 2006): (-0.0310871194, 0.0178775113),
    (2007, 2007): (-0.0260544107, 0.0166554353),
}  # effect and standard error, as R did 2.5.0 prints them
beside = cells.set_index(["cohort", "period"])[["effect", "std_error"]]
beside[["R effect", "R std_error"]] = [PUBLISHED[key] for key in beside.index]
assert np.abs(beside["effect"] - beside["R effect"]).max() < 6e-11
assert np.abs(beside["std_error"] - beside["R std_error"]).max() < 6e-11
beside.round(4)

# %% [markdown]
# ## Second figure: counties of like size · Deuxième figure : des comtés de même taille
#
# Large and small counties may have been on different paths, whatever the wage. Here each comparison allows for the
# logarithm of the population, doubly: by predicting the change and by weighing comparison counties. It needs
# only one of the two to be right. The picture stays much the same.
#
# > Grands et petits comtés pouvaient suivre des chemins différents, quel que soit le salaire. Chaque comparaison
# > tient compte ici du logarithme de la population, doublement : en prédisant l'évolution et en pondérant les
# > comtés de comparaison. Il suffit que l'une des deux voies soit juste. L'image reste à peu près la même.

# %%
alike = measure(roll_out(["lpop"]), method="dr")
effects_by_start(alike.parts)

# %% [markdown]
# ## Were the paths alike before? · Les chemins étaient-ils semblables avant ?
#
# A test of all effects before the rises at once. It finds nothing against parallel paths (p = 0.17). That is
# weak comfort. Suppose that the counties had drifted apart all along, by the same step each year: how large a step
# would a test of the years before still overlook every other time? The second cell asks it of the effects by time
# before the rise, all against the last year before it: nearly 2 percent a year, which is the whole effect in the
# year of the rise.
#
# > Un test de tous les effets d'avant les hausses à la fois. Il ne trouve rien contre des chemins parallèles
# > (p = 0,17). C'est un maigre réconfort. Supposons que les comtés se soient toujours éloignés, d'un même pas chaque
# > année : quel pas un test des années d'avant laisserait-il encore passer une fois sur deux ? La seconde cellule le
# > demande aux effets selon le temps restant avant la hausse, tous par rapport à la dernière année qui la précède :
# > près de 2 % par an, soit tout l'effet de l'année de la hausse.

# %%
test = simple.parts["pre_test"]
assert np.isclose(test["statistic"].item(), 7.79123662720, atol=6e-11)
test.round(4)

# %%
from scipy.optimize import brentq
from scipy.stats import chi2, ncx2

study = simple.event_study
before = study.before
steps = (study.event_times[before] - study.reference).astype(float)
errors = study.covariance[np.ix_(before, before)]
# A drift of d a year moves the effects before by d times these steps, and the test by d squared times this.
strength = steps @ np.linalg.solve(errors, steps)
limit = chi2.ppf(0.95, len(steps))
overlooked = brentq(lambda d: ncx2.sf(limit, len(steps), d**2 * strength) - 0.5, 1e-6, 1.0)
at_once = study.effects[study.event_times == 0].item()
print(
    tell(
        "drift overlooked every other time, a year:", "dérive annuelle ignorée une fois sur deux :"
    ),
    f"{overlooked:.4f}",
)
print(tell("effect in the year of the rise:", "effet l'année de la hausse :"), f"{at_once:.4f}")

# %% [markdown]
# ## Third figure: by time since the rise · Troisième figure : selon le temps écoulé depuis la hausse
#
# The effects grow: a year or two after the rise employment is further below its path than at once. But the last two
# points are twenty counties, those of 2004, and nobody else.
#
# > Les effets grandissent : un ou deux ans après la hausse, l'emploi est plus loin sous son chemin qu'aussitôt.
# > Mais les deux derniers points ne sont que vingt comtés, ceux de 2004, et personne d'autre.

# %%
dynamic = measure(sample, aggregation="dynamic")
events = dynamic.parts["event_study"]
figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
for row in events.itertuples():
    place = [row.event_time - 0.18, row.event_time + 0.18]
    axes.fill_between(place, row.band_low, row.band_high, color="#d9e2ec", linewidth=0)
    axes.vlines(row.event_time, row.low, row.high, color="#1f4e79", linewidth=1.6)
    hollow = "white" if row.event_time < 0 else "#1f4e79"
    axes.plot(row.event_time, row.effect, "o", color="#1f4e79", mfc=hollow)
    axes.text(
        row.event_time,
        0.02,
        f"{row.n}",
        transform=axes.get_xaxis_transform(),
        ha="center",
        fontsize=8,
    )
axes.axhline(0, color="#5b6675", linewidth=0.8)
axes.set(
    xlabel=tell(
        "years since the rise (counties at the foot)", "années depuis la hausse (comtés au pied)"
    ),
    ylabel=tell("effect on log employment", "effet sur le log de l'emploi"),
)
axes.spines[["top", "right"]].set_visible(False)
plt.show()

# %% [markdown]
# ## One number, four ways · Un seul nombre, de quatre façons
#
# Averaged over county-years, over starts, over years, or over times since the rise: four questions with four
# answers, from 3.1 to 7.4 percent fewer jobs. Which of them is wanted has to be said before anyone looks. A contract
# that pays on such a number names it.
#
# > En moyenne sur les comtés-années, sur les débuts, sur les années ou sur le temps écoulé depuis la hausse :
# > quatre questions, quatre réponses, de 3,1 à 7,4 % d'emplois en moins. Il faut dire laquelle on veut avant de
# > regarder. Un contrat qui paie d'après un tel nombre le désigne.

# %%
OVERALL = {
    "simple": (-0.0399512752, 0.0120340128),
    "group": (-0.0310182822, 0.0124460593),
    "dynamic": (-0.0772398215, 0.0199649891),
}  # as R did 2.5.0 prints them
ways = simple.parts["aggregations"].set_index("aggregation")
for name, (effect, error) in OVERALL.items():
    assert np.isclose(ways.loc[name, "effect"], effect, atol=6e-11)
    assert np.isclose(ways.loc[name, "std_error"], error, atol=6e-11)
ways.round(4)

# %% [markdown]
# ## Fourth figure: what would have happened · Quatrième figure : ce qui se serait passé
#
# The same effects as a reader of a report sees them: employment in counties that had raised the wage by then, and
# what it would have been. Part of how the lines move is that other counties join them each year.
#
# > Les mêmes effets, comme les voit le lecteur d'un rapport : l'emploi dans les comtés qui avaient alors relevé le
# > salaire, et ce qu'il aurait été. Les courbes bougent aussi parce que d'autres comtés les rejoignent chaque année.

# %%
path = simple.to_frame()
figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
axes.fill_between(path["period"], path["low"], path["high"], color="#d9e2ec", linewidth=0)
axes.plot(
    path["period"], path["observed"], "-o", color="#1f4e79", label=tell("observed", "observé")
)
axes.plot(
    path["period"],
    path["counterfactual"],
    "--o",
    color="#1b2430",
    mfc="white",
    label=tell("without the rise (estimate)", "sans la hausse (estimation)"),
)
axes.set_xticks(path["period"])
axes.set_ylabel(tell("log employment, served so far", "log de l'emploi, comtés déjà concernés"))
axes.legend(frameon=False)
axes.spines[["top", "right"]].set_visible(False)
plt.show()

# %% [markdown]
# ## Who may be compared with · À qui l'on peut comparer
#
# Counties that raise the wage later can be compared with until they do. Here that changes little, because so
# many never do; where everyone is served in the end, it is the only way. And if employers act once a rise is
# announced, the year before it is no longer "before": `anticipation` moves the comparison back.
#
# > Les comtés qui relèvent le salaire plus tard peuvent servir de comparaison jusque-là. Ici cela change peu, tant
# > sont nombreux ceux qui ne le font jamais ; là où tous finissent par être servis, c'est la seule voie. Et si les
# > employeurs agissent dès l'annonce d'une hausse, l'année qui la précède n'est plus « avant » : `anticipation`
# > recule la comparaison.

# %%
choices = {
    tell("never raised", "jamais relevé"): simple,
    tell("not raised yet", "pas encore relevé"): measure(sample, control="not_yet"),
    tell("felt a year ahead", "ressenti un an avant"): measure(sample, anticipation=1),
    tell("allowing for population", "compte tenu de la population"): alike,
}
pd.DataFrame(
    {
        name: {
            tell("effect", "effet"): each.effect.value,
            tell("standard error", "erreur type"): each.effect.std_error,
            tell("95% low", "95 %, bas"): each.effect.interval(0.95).low,
            tell("95% high", "95 %, haut"): each.effect.interval(0.95).high,
        }
        for name, each in choices.items()
    }
).T.round(4)

# %% [markdown]
# ## What to take away · Ce qu'il faut retenir
#
# 1. Compare each start with places the measure has not reached, never with places it has.
# 2. Say beforehand over what the effects are averaged; the answers differ.
# 3. A quiet past makes a comparison credible. It proves nothing about what came after.
#
# > 1. Comparez chaque début à des lieux que la mesure n'a pas atteints, jamais à ceux qu'elle a atteints.
# > 2. Dites d'avance sur quoi porte la moyenne des effets ; les réponses diffèrent.
# > 3. Un passé sans écart rend une comparaison crédible. Il ne prouve rien sur la suite.
#
# `studies/mobile-clinics` takes the method through a whole contract, from its first line to the money.

# %%
publish(
    two_way=two_way,
    one_cell=one,
    simple=simple.effect.value,
    std_error=simple.effect.std_error,
    group=ways.loc["group", "effect"],
    dynamic=dynamic.effect.value,
    with_population=alike.effect.value,
    pre_test=test["p_value"].item(),
    drift_overlooked=overlooked,
)
print(f"{simple.effect.value:.10f} ({simple.effect.std_error:.10f})")
