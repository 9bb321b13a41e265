"""The card of the interrupted time series."""

from __future__ import annotations

from impacteval.plugin import MethodCard
from impacteval.values import Scale, Text

INTERRUPTED_TIME_SERIES = MethodCard(
    title=Text(en="Interrupted time series", fr="Série chronologique interrompue"),
    description=Text(
        en="A level and a straight line are fitted to the periods before the service, with seasons if asked for, and carried on over the served periods; the effect is the average of what was observed less that line. With series that were never served, the difference from their mean is analysed instead. Chance is read from the errors before the service, of which each keeps an unknown part of the one before it; all values of that part are averaged over.",
        fr="Un niveau et une droite sont ajustés aux périodes d'avant le service, avec des saisons si on le demande, puis prolongés sur les périodes servies ; l'effet est la moyenne de ce qui a été observé moins cette droite. Avec des séries jamais servies, on analyse l'écart avec leur moyenne. Le hasard se lit dans les erreurs d'avant le service, dont chacune garde une part inconnue de la précédente ; on fait la moyenne de toutes les valeurs de cette part.",
    ),
    assumptions=(
        Text(
            en="Without the service the line would have gone on as straight as before; with control series, that of the difference from them.",
            fr="Sans le service, la droite se serait prolongée aussi droite qu'avant ; avec des séries témoins, celle de l'écart avec elles.",
        ),
        Text(
            en="Nothing else happened at the start that moves the outcome, nor was it measured in another way since; the start was not chosen because the outcome was unusual.",
            fr="Rien d'autre n'est survenu au début qui déplace l'indicateur, et la mesure n'a pas changé depuis ; le début n'a pas été choisi parce que l'indicateur était inhabituel.",
        ),
        Text(
            en="Errors of the served periods vary and go together as those before did.",
            fr="Les erreurs des périodes servies varient et vont ensemble comme celles d'avant.",
        ),
    ),
    limits=(
        Text(
            en="Without a control series nothing tells the effect from whatever else began at the same time.",
            fr="Sans série témoin, rien ne distingue l'effet de tout ce qui a commencé au même moment.",
        ),
        Text(
            en="Measured with twelve served periods and autocorrelations of 0 to 0.6, at a nominal 95%: 95.4% to 96.6% with 24 periods before and 95.4% to 96.0% with 48, control series or not; with twelve before 97.9% at autocorrelation 0, wider than need be, and 92.9% at 0.6. At a nominal 90%: 89.7% to 92.9%, 90.5% to 91.6%, and 86.5% to 94.3%. Where errors last (autocorrelation 0.9, 24 before) 86.9% at a nominal 95%, 77.6% at 90%: too few periods tell it from a trend.",
            fr="Mesuré avec douze périodes servies et des autocorrélations de 0 à 0,6, pour 95 % annoncés : de 95,4 % à 96,6 % avec 24 périodes antérieures et de 95,4 % à 96,0 % avec 48, séries témoins ou non ; avec douze antérieures, 97,9 % à autocorrélation 0, plus large que nécessaire, et 92,9 % à 0,6. Pour 90 % annoncés : de 89,7 % à 92,9 %, de 90,5 % à 91,6 %, et de 86,5 % à 94,3 %. Si les erreurs durent (autocorrélation 0,9, 24 antérieures), 86,9 % pour 95 % annoncés, 77,6 % pour 90 % : trop peu de périodes les distinguent d'une tendance.",
        ),
        Text(
            en="errors: independent and errors: newey-west are for comparison with published work, and too sure of themselves where errors go together. Measured at a nominal 95% with autocorrelation 0.3 and 0.6: independent 86.0% to 87.5% and 69.9% to 73.7%; newey-west 79.2% to 88.7% and 69.2% to 82.8%, and already 85.6% to 91.7% at autocorrelation 0.",
            fr="errors: independent et errors: newey-west servent à comparer avec des travaux publiés, et sont trop sûrs d'eux si les erreurs vont ensemble. Mesuré pour 95 % annoncés avec une autocorrélation de 0,3 et de 0,6 : independent, de 86,0 % à 87,5 % et de 69,9 % à 73,7 % ; newey-west, de 79,2 % à 88,7 % et de 69,2 % à 82,8 %, et déjà de 85,6 % à 91,7 % à autocorrélation 0.",
        ),
        Text(
            en="The relative effect takes what was observed as it happened. No effect in standard deviations: the spread of one series over time is no spread between people. Estimates carry no influence values, so that pools with other analyses use the widest bound.",
            fr="L'effet relatif prend ce qui a été observé tel quel. Pas d'effet en écarts types : la dispersion d'une série dans le temps n'est pas une dispersion entre personnes. Les estimations n'ont pas de valeurs d'influence : leur regroupement avec d'autres analyses utilise la borne la plus large.",
        ),
        Text(
            en="A wander without end (a random walk) or a curve is no line with errors around it: lengthen the time before, or look for control series that share it.",
            fr="Une dérive sans fin (marche au hasard) ou une courbe n'est pas une droite entourée d'erreurs : allongez la période antérieure, ou cherchez des séries témoins qui la partagent.",
        ),
    ),
    references=(
        "Bernal, Cummins and Gasparrini (2017), International Journal of Epidemiology 46(1), doi:10.1093/ije/dyw098",
        "Cheang and Reinsel (2000), Journal of the American Statistical Association 95(452), doi:10.1080/01621459.2000.10474318",
        "Newey and West (1987), Econometrica 55(3), doi:10.2307/1913610",
    ),
    designs=("interrupted_time_series",),
    scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL),
)
