"""What a reader must know about counts and about comparisons with a stated or earlier figure."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

_NO_COUNTERFACTUAL = Text(
    en="There is no comparison: nothing says how many of these cases would have reached the outcome without the programme. It is a count of what happened, not of what the programme changed.",
    fr="Il n'y a pas de comparaison : rien ne dit combien de ces dossiers auraient atteint le résultat sans le programme. C'est un décompte de ce qui s'est passé, non de ce que le programme a changé.",
)
_DRAWN = Text(
    en="The cases that were checked again were drawn by lot from the claimed ones, each with the same chance within its stratum; whoever made the claims did not know which would be drawn.",
    fr="Les dossiers contrôlés une seconde fois ont été tirés au sort parmi les dossiers déclarés, avec la même chance pour chacun au sein de sa strate ; l'auteur des déclarations ignorait lesquels seraient tirés.",
)
_CHECK_IS_RIGHT = Text(
    en="The second check is right: its own mistakes are not part of the interval.",
    fr="Le second contrôle est juste : ses propres erreurs ne font pas partie de l'intervalle.",
)
_AUDIT_LIMITS = (
    _NO_COUNTERFACTUAL,
    Text(
        en="Without an audit the count has no interval, and errors in the records stay unknown. A contract that reads an audit is then not judged.",
        fr="Sans audit, le décompte n'a pas d'intervalle et les erreurs des registres restent inconnues. Un contrat qui s'appuie sur un audit n'est alors pas jugé.",
    ),
    Text(
        en="The interval covers the draw of the audit only. It is exact, so it covers at least as often as it says, in every case there is: never less than 95.0% where 95% is said, with up to 40 cases counted out one by one.",
        fr="L'intervalle ne couvre que le tirage de l'audit. Il est exact et couvre donc au moins aussi souvent qu'il l'annonce, dans tous les cas possibles : jamais moins de 95,0 % pour 95 % annoncés, jusqu'à 40 dossiers dénombrés un à un.",
    ),
    Text(
        en="With strata the interval errs on the wide side, and every stratum needs a case that was checked. Audits drawn by whole clusters, weights and exposure are refused.",
        fr="Avec des strates, l'intervalle pèche par excès de largeur, et chaque strate doit compter un dossier contrôlé. Les audits tirés par grappes entières, les pondérations et l'exposition sont refusés.",
    ),
    Text(
        en="An audit takes off what is wrong and never adds what was not claimed; such cases are reported.",
        fr="Un audit retranche ce qui est faux et n'ajoute jamais ce qui n'a pas été déclaré ; ces dossiers sont signalés.",
    ),
)
_AUDIT_REFERENCES = (
    "Buonaccorsi (1987), The American Statistician 41(3)",
    "Wright (1991), Exact Confidence Bounds when Sampling from Small Finite Universes, doi:10.1007/978-1-4612-3140-0",
    "Cochran (1977), Sampling Techniques, 3rd edition, chapters 3 and 5",
)

VERIFIED_COUNT = MethodCard(
    title=Text(en="Verified count", fr="Décompte vérifié"),
    description=Text(
        en="Adds up what is recorded for each case on a list. Where a sample of the claimed cases was checked again, the count is reduced by the share found wrong, and an exact interval says how many of the claimed cases can be right given what the sample showed. It compares with nothing.",
        fr="Additionne ce qui est enregistré pour chaque dossier d'une liste. Si un échantillon des dossiers déclarés a été contrôlé une seconde fois, le décompte est diminué de la part trouvée fausse, et un intervalle exact dit combien de dossiers déclarés peuvent être justes au vu de l'échantillon. Il ne compare à rien.",
    ),
    assumptions=(_DRAWN, _CHECK_IS_RIGHT),
    limits=_AUDIT_LIMITS,
    references=_AUDIT_REFERENCES,
    designs=("count",),
    scales=(Scale.TOTAL, Scale.DIFFERENCE),
)

VERIFIED_RATE = MethodCard(
    title=Text(en="Verified rate", fr="Taux vérifié"),
    description=Text(
        en="The share of the cases on a list that reached the outcome. Where a sample of the claimed cases was checked again, the rate is reduced by the share found wrong, and an exact interval says what the rate can be given what the sample showed. It compares with nothing.",
        fr="La part des dossiers d'une liste qui ont atteint le résultat. Si un échantillon des dossiers déclarés a été contrôlé une seconde fois, le taux est diminué de la part trouvée fausse, et un intervalle exact dit ce que peut être le taux au vu de l'échantillon. Il ne compare à rien.",
    ),
    assumptions=(
        Text(
            en="The list holds everyone who could have reached the outcome, not only those who did.",
            fr="La liste contient tous ceux qui pouvaient atteindre le résultat, et non les seuls qui l'ont atteint.",
        ),
        _DRAWN,
        _CHECK_IS_RIGHT,
    ),
    limits=_AUDIT_LIMITS,
    references=_AUDIT_REFERENCES,
    designs=("count",),
    scales=(Scale.DIFFERENCE,),
)

_SERVED_ONLY = Text(
    en="The interval covers chance among those served only. It says nothing of how far the figure is from what would have happened otherwise, which is usually the larger error.",
    fr="L'intervalle ne couvre que le hasard parmi les personnes accompagnées. Il ne dit rien de l'écart entre le chiffre et ce qui se serait passé autrement, qui est d'ordinaire l'erreur la plus grande.",
)
_ALIKE = Text(
    en="People who come to a programme at their worst moment get better anyway, and this counts as an effect here.",
    fr="Ceux qui entrent dans un programme au pire moment vont mieux de toute façon, et cela compte ici comme un effet.",
)
_REFUSED = Text(
    en="One period and one row for each person; strata, weights and exposure are refused.",
    fr="Une seule période, une ligne par personne ; strates, pondérations et exposition sont refusées.",
)
_ONE_SKEWED = Text(
    en="Very skewed outcomes, such as earnings, against a figure: the 95% interval of a difference holds the truth in 85.7% of samples of 15 people, 90.4% of 50 and 92.7% of 200; that of a relative effect in 88.9%, 92.0% and 93.2%. The one-sided 95% upper bound of a difference holds it in 81.7%, 86.8% and 90.1%.",
    fr="Résultats très asymétriques, comme des revenus, face à un chiffre : l'intervalle à 95 % d'une différence contient la vraie valeur dans 85,7 % des échantillons de 15 personnes, 90,4 % de ceux de 50 et 92,7 % de ceux de 200 ; celui d'un effet relatif dans 88,9 %, 92,0 % et 93,2 %. La borne supérieure unilatérale à 95 % d'une différence la contient dans 81,7 %, 86,8 % et 90,1 %.",
)
_ONE_COUNTS = Text(
    en="Rare or uneven events against a figure: with 25 people and counts that vary three times as much as chance alone, the 95% interval of a difference covers 92.8% and its upper bound 89.8%; with 200 people of whom 6% reach the outcome, the upper bound covers 91.7%.",
    fr="Événements rares ou inégaux face à un chiffre : avec 25 personnes et des nombres trois fois plus dispersés que le seul hasard, l'intervalle à 95 % d'une différence couvre 92,8 % et sa borne supérieure 89,8 % ; avec 200 personnes dont 6 % atteignent le résultat, la borne supérieure couvre 91,7 %.",
)
_TWO_SKEWED = Text(
    en="Very skewed outcomes with the data of both periods: the 95% interval of a relative effect covers 91.8% with 15 people in each; with 60 of the earlier period and 20 served that of a difference covers 91.5% and its upper bound 87.7%; in standard deviations it covers 91.9% with 15 in each, 92.4% with 50, and 89.4% with 60 and 20.",
    fr="Résultats très asymétriques avec les données des deux périodes : l'intervalle à 95 % d'un effet relatif couvre 91,8 % avec 15 personnes dans chacune ; avec 60 personnes de la période antérieure et 20 accompagnées, celui d'une différence couvre 91,5 % et sa borne supérieure 87,7 % ; en écarts types, 91,9 % avec 15 dans chacune, 92,4 % avec 50 et 89,4 % avec 60 et 20.",
)

FIXED_RATE = MethodCard(
    title=Text(en="Against a stated rate", fr="Face à un taux fixé d'avance"),
    description=Text(
        en="Compares the average outcome of those served with a rate that was stated before. The rate is taken as known, so all of the uncertainty is that of those served.",
        fr="Compare le résultat moyen des personnes accompagnées à un taux fixé d'avance. Ce taux est tenu pour connu : toute l'incertitude vient donc des personnes accompagnées.",
    ),
    assumptions=(
        Text(
            en="The stated rate is what these very people would have had without the programme, and it was stated before anyone saw their outcomes.",
            fr="Le taux fixé est celui que ces mêmes personnes auraient connu sans le programme, et il a été fixé avant que quiconque voie leurs résultats.",
        ),
    ),
    limits=(_SERVED_ONLY, _ALIKE, _ONE_SKEWED, _ONE_COUNTS, _REFUSED),
    references=(
        "Welch (1947), Biometrika 34, doi:10.1093/biomet/34.1-2.28",
        "Pustejovsky and Tipton (2018), Journal of Business & Economic Statistics 36(4), doi:10.1080/07350015.2016.1247004",
    ),
    designs=("count",),
    scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL),
)

HISTORICAL_BASELINE = MethodCard(
    title=Text(en="Against an earlier period", fr="Face à une période antérieure"),
    description=Text(
        en="Compares the average outcome of those served with that of people of an earlier period. Where the data of that period are given, their chance is part of the uncertainty; where only its figure is stated, the figure is taken as known.",
        fr="Compare le résultat moyen des personnes accompagnées à celui de personnes d'une période antérieure. Si les données de cette période sont fournies, leur part de hasard entre dans l'incertitude ; si seul son chiffre est indiqué, il est tenu pour connu.",
    ),
    assumptions=(
        Text(
            en="Without the programme, those served would have done as the people of the earlier period did: the same kind of people, in the same conditions, measured in the same way.",
            fr="Sans le programme, les personnes accompagnées auraient connu le sort de celles de la période antérieure : le même public, les mêmes conditions, la même mesure.",
        ),
    ),
    limits=(
        Text(
            en="Whatever else changed between the two periods counts as an effect.",
            fr="Tout ce qui a changé par ailleurs entre les deux périodes compte comme un effet.",
        ),
        _ALIKE,
        Text(
            en="Where only the figure of the earlier period is stated, the interval covers chance among those served only.",
            fr="Si seul le chiffre de la période antérieure est indiqué, l'intervalle ne couvre que le hasard parmi les personnes accompagnées.",
        ),
        _TWO_SKEWED,
        _ONE_SKEWED,
        _ONE_COUNTS,
        _REFUSED,
    ),
    references=(
        "Welch (1947), Biometrika 34, doi:10.1093/biomet/34.1-2.28",
        "What Works Centre for Local Economic Growth, Guide to scoring evidence using the Maryland Scientific Methods Scale",
    ),
    designs=("count",),
    scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL, Scale.STANDARDISED),
)
