"""What the checks say that draw the data anew, in both languages."""

from __future__ import annotations

from impacteval.values import Message, Text

NO_DEAL = Message(
    "refuters.no-deal",
    Text(
        en="The service cannot be dealt out in another way: within its strata or pairs everybody, or "
        "nobody, was served, or the places were not followed over the same periods.",
        fr="Le service ne peut pas être redistribué autrement : dans ses strates ou paires, tous ou "
        "aucun ont été servis, ou les lieux n'ont pas été suivis sur les mêmes périodes.",
    ),
)
TOO_FEW = Message(
    "refuters.too-few",
    Text(
        en="Too few of the random draws allow for the planned method.",
        fr="Trop peu des tirages au hasard permettent la méthode prévue.",
    ),
)
NO_COVARIATES = Message(
    "refuters.no-covariates",
    Text(
        en="The planned method does not look at covariates, so a further one cannot move it.",
        fr="La méthode prévue n'utilise pas de covariables : une de plus ne peut pas la déplacer.",
    ),
)
FEW_PLACES = Message(
    "refuters.few-places",
    Text(
        en="Fewer than five units or clusters, served or not, are left to be drawn from: drawing "
        "them again says little about chance.",
        fr="Il y a moins de cinq unités ou grappes, servies ou non, parmi lesquelles tirer : un "
        "nouveau tirage dit peu du hasard.",
    ),
)
COPIES = Message(
    "refuters.copies",
    Text(
        en="A row of these data stands for several people, and rows are not what chance drew.",
        fr="Une ligne de ces données représente plusieurs personnes, et ce ne sont pas les lignes que "
        "le hasard a tirées.",
    ),
)

PLACEBO = Text(
    en="With the service dealt out anew at random, {n:int} times, the method finds {mean:number} on "
    "average, where it should find nothing; chance leaves {expected:number}. An effect as large as "
    "the one found with the true service ({whole:number}) came up {as_large:int} {as_large:plural:time|times}.",
    fr="Quand le service est redistribué au hasard, {n:int} fois, la méthode trouve {mean:number} en "
    "moyenne, là où elle ne devrait rien trouver ; le hasard laisse {expected:number}. Un effet aussi "
    "grand que celui du vrai service ({whole:number}) est apparu {as_large:int} fois.",
)
NOISE = Text(
    en="With {k:int} further {k:plural:covariate|covariates} of pure chance, {n:int} times, the effect "
    "lies between {low:number} and {high:number} instead of {whole:number}.",
    fr="Avec {k:int} {k:plural:covariable|covariables} de pur hasard en plus, {n:int} fois, l'effet est "
    "compris entre {low:number} et {high:number} au lieu de {whole:number}.",
)
SUBSETS = Text(
    en="On {n:int} random parts of {part:percent} of the {kind:text}, the effect moves by "
    "{spread:number} on average around {whole:number}",
    fr="Sur {n:int} parts tirées au hasard, de {part:percent} des {kind:text}, l'effet se déplace de "
    "{spread:number} en moyenne autour de {whole:number}",
)
SUBSETS_EXPECTED = Text(
    en="; with the error that the method states, {expected:number} is what it should be.",
    fr=" ; avec l'erreur que la méthode annonce, ce devrait être {expected:number}.",
)
BOOTSTRAP = Text(
    en="Drawn again with replacement {n:int} times, {kind:text} give effects whose spread is "
    "{spread:number}",
    fr="Tirées à nouveau avec remise, {n:int} fois, les {kind:text} donnent des effets dont la "
    "dispersion est de {spread:number}",
)
BOOTSTRAP_EXPECTED = Text(
    en="; the error that the method states is {expected:number}.",
    fr=" ; l'erreur que la méthode annonce est de {expected:number}.",
)
STOP = Text(en=".", fr=".")
LOST = Text(
    en=" On {lost:int} further {lost:plural:draw|draws} the method has no answer.",
    fr=" Pour {lost:int} autre{lost:plural:|s} {lost:plural:tirage|tirages}, la méthode n'a pas de réponse.",
)
UNITS = Text(en="units", fr="unités")
CLUSTERS = Text(en="clusters", fr="grappes")
PAIRS = Text(en="pairs", fr="paires")

DEALT = Text(en="Service dealt out at random", fr="Service redistribué au hasard")
WITH_NOISE = Text(en="With covariates of pure chance", fr="Avec des covariables de pur hasard")
ON_A_PART = Text(en="On a random part", fr="Sur une part tirée au hasard")
DRAWN_AGAIN = Text(en="Drawn again with replacement", fr="Tirage avec remise")
