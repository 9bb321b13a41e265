"""What is said where two runs are held against each other."""

from __future__ import annotations

from impacteval.values import Text

LEAD = Text(en="{whose}: ", fr="{whose} : ")
DUE_NOW = Text(en="Due now", fr="Dû maintenant")
TOTAL = Text(en="Total under the contract", fr="Total selon le contrat")
VERDICT = Text(en="verdict", fr="verdict")
AMOUNT = Text(en="amount", fr="montant")
STATUS = Text(en="whether it could be estimated", fr="si une estimation était possible")
EFFECT = Text(en="effect", fr="effet")
OBSERVED = Text(en="with the programme", fr="avec le programme")
COUNTERFACTUAL = Text(en="without it, estimated", fr="sans lui, estimation")
STD_ERROR = Text(en="standard error", fr="erreur type")
SERVED = Text(en="served, counted", fr="servis, comptés")
COMPARISON = Text(en="compared with, counted", fr="comparaison, comptés")
LOW = Text(en="lower end", fr="borne basse")
HIGH = Text(en="upper end", fr="borne haute")
P_VALUE = Text(en="p-value of no effect", fr="valeur p de l'absence d'effet")
STATISTIC = Text(en="statistic", fr="statistique")
CHECK = Text(en="outcome of the check", fr="issue du contrôle")

AGREE_EXACTLY = Text(
    en="The two runs agree to the last digit written, in all {n:int} verdicts, amounts and numbers.",
    fr="Les deux calculs concordent jusqu'au dernier chiffre écrit, pour les {n:int} verdicts, montants "
    "et nombres.",
)
AGREE = Text(
    en="The two runs agree in all {n:int} verdicts, amounts and numbers, within the tolerance of "
    "{tolerance:exact} of their size.",
    fr="Les deux calculs concordent pour les {n:int} verdicts, montants et nombres, à la tolérance de "
    "{tolerance:exact} de leur taille.",
)
OTHER_CONTRACT = Text(
    en="The two runs were judged by different contracts, so their verdicts answer different questions.",
    fr="Les deux calculs ont été jugés selon des contrats différents : leurs verdicts répondent à des "
    "questions différentes.",
)
OTHER_DECISION = Text(
    en="The two runs do not come to the same verdicts or amounts: {differing:int} of {n:int} verdicts, "
    "amounts and numbers differ.",
    fr="Les deux calculs n'aboutissent pas aux mêmes verdicts ou montants : {differing:int} des {n:int} "
    "verdicts, montants et nombres diffèrent.",
)
OTHER_NUMBERS = Text(
    en="The two runs come to the same verdicts and amounts by other numbers: {differing:int} of {n:int} "
    "verdicts, amounts and numbers differ.",
    fr="Les deux calculs aboutissent aux mêmes verdicts et montants par d'autres nombres : "
    "{differing:int} des {n:int} verdicts, montants et nombres diffèrent.",
)

BOTH_AS_LOCKED = Text(
    en="Both were run exactly as locked.",
    fr="Tous deux ont été exécutés exactement comme verrouillés.",
)
HERE_AS_LOCKED = Text(
    en="The number fixed beforehand is this run's: it was run exactly as locked, and the other run "
    "departs from the same lock.",
    fr="Le nombre fixé d'avance est celui de ce calcul : il a été exécuté exactement comme verrouillé, et "
    "l'autre s'écarte du même verrou.",
)
THERE_AS_LOCKED = Text(
    en="The number fixed beforehand is the other run's: it was run exactly as locked, and this run "
    "departs from the same lock.",
    fr="Le nombre fixé d'avance est celui de l'autre calcul : il a été exécuté exactement comme "
    "verrouillé, et celui-ci s'écarte du même verrou.",
)
NEITHER_AS_LOCKED = Text(
    en="Both depart from the lock that they share, so neither number is the one fixed beforehand.",
    fr="Tous deux s'écartent du verrou qu'ils partagent : aucun des nombres n'est celui fixé d'avance.",
)
ONLY_HERE_LOCKED = Text(
    en="Only this run was locked: nothing shows what the other fixed beforehand.",
    fr="Seul ce calcul était verrouillé : rien ne montre ce que l'autre avait fixé d'avance.",
)
ONLY_THERE_LOCKED = Text(
    en="Only the other run was locked: nothing shows what this one fixed beforehand.",
    fr="Seul l'autre calcul était verrouillé : rien ne montre ce que celui-ci avait fixé d'avance.",
)
NOT_LOCKED = Text(
    en="Neither run was locked: nothing shows what was fixed beforehand.",
    fr="Aucun des calculs n'était verrouillé : rien ne montre ce qui était fixé d'avance.",
)
LOCKED_FIRST_HERE = Text(
    en="The other run's lock replaces this run's: what was fixed first is this run's number.",
    fr="Le verrou de l'autre calcul remplace celui de ce calcul : le nombre fixé en premier est celui "
    "de ce calcul.",
)
LOCKED_FIRST_THERE = Text(
    en="This run's lock replaces the other run's: what was fixed first is the other run's number.",
    fr="Le verrou de ce calcul remplace celui de l'autre calcul : le nombre fixé en premier est celui "
    "de l'autre.",
)
TWO_LOCKS = Text(
    en="The runs have different locks: only the parties can tell which one they agreed on.",
    fr="Les calculs ont des verrous différents : seules les parties peuvent dire duquel elles étaient "
    "convenues.",
)

CONTRACT = Text(en="The contract is not the same.", fr="Le contrat n'est pas le même.")
STUDY = Text(
    en="The studies have different names: {here:text} here, {there:text} there.",
    fr="Les études portent des noms différents : {here:text} ici, {there:text} là.",
)
SETTLEMENT = Text(
    en="The settlements are not the same: {here:text} here, {there:text} there.",
    fr="Les échéances ne sont pas les mêmes : {here:text} ici, {there:text} là.",
)
TABLE = Text(
    en="Table `{table}` does not hold the same data: {here:int} {here:plural:row|rows} here, "
    "{there:int} there.",
    fr="La table « {table} » ne contient pas les mêmes données : {here:int} {here:plural:ligne|lignes} "
    "ici, {there:int} là.",
)
TABLE_HERE = Text(
    en="Table `{table}` was read in this run alone.",
    fr="La table « {table} » n'a été lue que dans ce calcul.",
)
TABLE_THERE = Text(
    en="Table `{table}` was read in the other run alone.",
    fr="La table « {table} » n'a été lue que dans l'autre calcul.",
)
PREPARATION = Text(
    en="The sample frozen without outcomes, with whatever was made from it, is not the same.",
    fr="L'échantillon figé sans les résultats, avec ce qui en fut tiré, n'est pas le même.",
)
LEDGER = Text(
    en="The ledger of what was paid before is not the same.",
    fr="Le registre des paiements antérieurs n'est pas le même.",
)
PLAN = Text(en="The plan is not the same.", fr="Le plan n'est pas le même.")
METHOD = Text(
    en="{whose}: the method is {here:text} here and {there:text} there.",
    fr="{whose} : la méthode est {here:text} ici et {there:text} là.",
)
SETTING = Text(
    en="{whose}: the setting `{setting}` is {here:text} here and {there:text} there.",
    fr="{whose} : le réglage « {setting} » vaut {here:text} ici et {there:text} là.",
)
DEFAULT = Text(en="its default", fr="sa valeur par défaut")
COVARIATE_HERE = Text(
    en="{whose}: `{covariate}` is compared in this run alone.",
    fr="{whose} : « {covariate} » n'est comparé que dans ce calcul.",
)
COVARIATE_THERE = Text(
    en="{whose}: `{covariate}` is compared in the other run alone.",
    fr="{whose} : « {covariate} » n'est comparé que dans l'autre calcul.",
)
DEPARTURE_HERE = Text(en="Departure of this run. ", fr="Écart de ce calcul. ")
DEPARTURE_THERE = Text(en="Departure of the other run. ", fr="Écart de l'autre calcul. ")
SEED = Text(
    en="The seed is {here:text} here and {there:text} there.",
    fr="La graine est {here:text} ici et {there:text} là.",
)
SOFTWARE = Text(
    en="The version of {package} is {here:text} here and {there:text} there.",
    fr="La version de {package} est {here:text} ici et {there:text} là.",
)
NONE = Text(en="none", fr="aucune")
