"""A record that strains the layout: several clauses and groups, an outcome that is better when
lower, a clause that cannot be judged, amounts that are not published, long French texts."""

from __future__ import annotations

from example_record import HASH, METHOD, bell, both, job_training, said

from impacteval.report import record as r

PER_100 = both("convictions per 100 men", "condamnations pour 100 hommes")
FEWER = both("% fewer than without the programme", "% de moins que sans le programme")
POINTS = both("percentage points", "points de pourcentage")


def _range(low: str, high: str, level: str = "0.95") -> r.Range:
    return r.Range(
        low=low, high=high, level=level, side="two", method="log ratio, Student t, 9,358 df"
    )


CONCERN = said(
    "The places are compared although they began at {starts:int} different times.",
    "Les lieux sont comparés alors qu'ils ont commencé à {starts:int} dates différentes.",
    starts=3,
)


def event_study() -> tuple[r.EventRow, ...]:
    """Two periods before, the reference, four periods since, of which one has no error."""

    def row(time: int, effect: str, width: float, band: float) -> r.EventRow:
        value = float(effect)
        ends = [f"{value + side * half:.4g}" for half in (width, band) for side in (-1, 1)]
        return r.EventRow(
            event_time=str(time), effect=effect, std_error=f"{width / 1.96:.4g}",
            low=ends[0], high=ends[1], band_low=ends[2], band_high=ends[3], reference=False,
        )  # fmt: skip

    bare = {"std_error": None, "low": None, "high": None, "band_low": None, "band_high": None}
    return (
        row(-3, "1.1", 3.3, 4.7),
        row(-2, "-0.4", 3.1, 4.4),
        r.EventRow(event_time="-1", effect="0", reference=True, **bare),
        row(0, "-9.3", 3.9, 5.6),
        row(1, "-14.2", 4.1, 5.9),
        r.EventRow(event_time="3", effect="-17.7", reference=False, **bare),
        row(4, "-13.6", 5.2, 7.5),
    )


def _clause(name: str, group: str, **more: object) -> r.ClauseRow:
    base: dict[str, object] = {
        "name": name,
        "group": group,
        "outcome": "reconvictions",
        "plain_name": both("Times convicted again", "Nouvelles condamnations"),
        "unit": FEWER,
        "reason": None,
        "rule": said(
            "The estimate itself is compared.", "C'est l'estimation elle-même qui est comparée."
        ),
        "operator": "at_least",
        "threshold": "10",
        "estimate": None,
        "interval": None,
        "distance": None,
        "smallest_change": None,
        "chance_passes": None,
        "chance_nothing_or_harm": None,
        "observed": None,
        "counterfactual": None,
        "outcome_unit": PER_100,
        "steps": (),
        "value": None,
    }
    return r.ClauseRow.model_validate(base | more)


CLAUSES = (
    _clause(
        "early",
        "cohort_1",
        verdict="not_met",
        sentence=said(
            "First cohort: {o:number} convictions per 100 men against {c:number} for similar men, {v:in_percent1} fewer; the contract asks for at least {t:in_percent} fewer.",
            "Première cohorte : {o:number} condamnations pour 100 hommes contre {c:number} pour des hommes semblables, soit {v:in_percent1} de moins ; le contrat en demande au moins {t:in_percent} de moins.",
            o="142",
            c="155",
            v="8.4",
            t="10",
        ),
        value="8.4",
        amount="0",
        steps=(
            said(
                "{v:exact}, rounded to one decimal by the contract: {w:number1}.",
                "{v:exact}, arrondi à une décimale par le contrat : {w:number1}.",
                v="8.387096774",
                w="8.4",
            ),
            said(
                "{w:number1} is under {t:number}: the clause is not met and pays nothing.",
                "{w:number1} reste sous {t:number} : la clause n'est pas remplie et ne paie rien.",
                w="8.4",
                t="10",
            ),
        ),
        estimate="8.387096774",
        interval=_range("-0.9", "16.9"),
        distance=said(
            "{n:number} fewer {n:plural:conviction|convictions} per 100 men would have changed the answer.",
            "{n:number} {n:plural:condamnation|condamnations} de moins pour 100 hommes auraient changé la réponse.",
            n="2.5",
        ),
        smallest_change="1.6",
        chance_passes="0.352",
        chance_nothing_or_harm="0.0371",
        observed="142",
        counterfactual="155",
    ),
    _clause(
        "early",
        "cohort_2",
        verdict="cannot_be_judged",
        sentence=said(
            "Second cohort: the result cannot be judged yet.",
            "Deuxième cohorte : le résultat ne peut pas encore être jugé.",
        ),
        reason=said(
            "The men and their comparators were too unlike at the start: {x:number2} standard deviations where the contract allows {y:number2}.",
            "Les hommes suivis et leurs comparateurs étaient trop dissemblables au départ : {x:number2} écart type là où le contrat en admet {y:number2} au plus.",
            x="0.31",
            y="0.1",
        ),
        amount=None,
    ),
    _clause(
        "final",
        "all",
        verdict="met",
        sentence=said(
            "Both cohorts together: {v:in_percent1} fewer convictions; the contract asks for at least {t:in_percent1} fewer.",
            "Les deux cohortes ensemble : {v:in_percent1} de condamnations en moins ; le contrat en demande au moins {t:in_percent1} de moins.",
            v="9.1",
            t="7.5",
        ),
        value="9.1",
        threshold="7.5",
        amount="not_published",
        estimate="9.0512",
        interval=_range("2.5", "15.6"),
        distance=said(
            "{n:number} more convictions per 100 men would have changed the answer.",
            "{n:number} condamnations de plus pour 100 hommes auraient changé la réponse.",
            n="2.5",
        ),
        smallest_change="1.6",
        chance_passes="0.67",
        chance_nothing_or_harm="0",
        observed="140.9",
        counterfactual="154.9",
    ),
    _clause(
        "work",
        "all",
        outcome="employment",
        plain_name=both("In work six months later", "En emploi six mois plus tard"),
        unit=POINTS,
        outcome_unit=both("% of the men", "% des hommes"),
        verdict="met",
        sentence=said(
            "Share in work: {v:number1} points more than without the programme; the contract asks for more than {t:number}.",
            "Part des hommes en emploi : {v:number1} points de plus que sans le programme ; le contrat demande plus de {t:number} points.",
            v="3.0004",
            t="3",
        ),
        value="3.0004",
        operator="more_than",
        threshold="3",
        amount="125000.50",
        steps=(said("The clause pays {a:money}.", "La clause paie {a:money}.", a="125000.50 EUR"),),
        estimate="3.0004",
        interval=_range("-1.2", "7.2"),
        distance=said(
            "Barely above: {n:exact} points.", "Tout juste au-dessus : {n:exact} point.", n="0.0004"
        ),
        smallest_change="0.0004",
        chance_passes="0.5001",
        chance_nothing_or_harm="0.081",
        observed="41.2004",
        counterfactual="38.2",
    ),
    _clause(
        "housing",
        "all",
        outcome="housing",
        plain_name=both("Housed at release", "Logés à la sortie"),
        unit=POINTS,
        outcome_unit=None,
        verdict="not_for_payment",
        sentence=said(
            "Housing is followed for information and pays nothing at this milestone.",
            "Le logement est suivi pour information et ne donne lieu à aucun paiement à cette étape.",
        ),
        operator=None,
        threshold=None,
        amount=None,
    ),
)


def _findings() -> tuple[r.FindingFacts, ...]:
    base = job_training().findings[0]
    matched = METHOD.model_copy(
        update={
            "name": "propensity-matching",
            "title": both(
                "Matching on the propensity score", "Appariement sur le score de propension"
            ),
            "settings": {"ratio": 10, "caliper": "0.2", "replace": False},
        }
    )
    path = tuple(
        r.PeriodRow(
            period=year,
            observed=o,
            counterfactual=c,
            low=low,
            high=high,
            level="0.95",
            n=300,
        )
        for year, o, c, low, high in (
            ("2011-Q1", "36", "37.2", "33.9", "40.5"),
            ("2011-Q2", "35.5", "38.4", "35", "41.8"),
            ("2011-Q3", "35", "39.3", "35.7", "42.9"),
            ("2011-Q4", "35.5", "40.1", "36.2", "44"),
        )
    )
    design = said(
        "Each man was compared with up to {n:int} similar men from other prisons; nobody was drawn by lot.",
        "Chaque homme a été comparé à {n:int} hommes semblables au plus, sortis d'autres prisons ; personne n'a été tiré au sort.",
        n=10,
    )
    first = base.model_copy(
        update={
            "outcome": "reconvictions",
            "group": "cohort_1",
            "plain_name": both("Times convicted again", "Nouvelles condamnations"),
            "measure": both(
                "reconviction events per 100 men", "nouvelles condamnations pour 100 hommes"
            ),
            "outcome_unit": PER_100,
            "contract_unit": FEWER,
            "better": "lower",
            "scale": "relative",
            "method": matched.model_copy(update={"concerns": (CONCERN,)}),
            "cohorts": (
                r.CohortRow(start="2010-07", when="before", units=3, clusters=2, rows=36),
                r.CohortRow(start="2011-01", when="within", units=12, clusters=8, rows=144),
                r.CohortRow(start=None, when="after", units=4, clusters=4, rows=48),
                r.CohortRow(start=None, when="never", units=1701, clusters=1205, rows=20412),
            ),
            "event_study": event_study(),
            "observed": "142",
            "counterfactual": "155",
            "estimate": "8.387096774",
            "raw_effect": "-0.08387096774",
            "std_error": "4.6",
            "intervals": (_range("0.6", "15.6", "0.9"), _range("-0.9", "16.9")),
            "p_value": "0.0742",
            "n_treated": 936,
            "n_comparison": 9360,
            "treated_clusters": 1,
            "periods": path,
            "curve": bell(8.387, 4.6),
            "design_text": design,
            "robustness": (
                base.robustness[0].model_copy(
                    update={
                        "estimate": "11.2",
                        "interval": _range("2.1", "19.5"),
                        "verdicts": {"early": "met", "final": "met"},
                        "flips": True,
                        "concerns": (CONCERN,),
                        "justification": both(
                            "Readers of the first report expect it.",
                            "Les lecteurs du premier rapport l'attendent.",
                        ),
                    }
                ),
            ),
        }
    )
    second = first.model_copy(
        update={
            "group": "cohort_2",
            "status": "cannot_be_judged",
            "reason": CLAUSES[1].reason,
            "observed": None,
            "counterfactual": None,
            "estimate": None,
            "raw_effect": None,
            "std_error": None,
            "intervals": (),
            "p_value": None,
            "periods": (),
            "curve": (),
            "robustness": (),
            "diagnostics": (
                first.diagnostics[0].model_copy(
                    update={"status": "failed", "statistic": "0.31", "limit": "0.1"}
                ),
            ),
        }
    )
    work = first.model_copy(
        update={
            "outcome": "employment",
            "group": "all",
            "plain_name": both("In work six months later", "En emploi six mois plus tard"),
            "outcome_unit": both("% of the men", "% des hommes"),
            "contract_unit": POINTS,
            "better": "higher",
            "paid": True,
            "scale": "difference",
            "observed": "41.2004",
            "counterfactual": "38.2",
            "estimate": "3.0004",
            "raw_effect": "0.030004",
            "std_error": "2.14",
            "intervals": (_range("-0.5", "6.5", "0.9"), _range("-1.2", "7.2")),
            "p_value": "0.161",
            "periods": (),
            "curve": bell(3.0004, 2.14),
            "robustness": (),
            "baseline": (),
        }
    )
    return first, second, work


def strained() -> r.Record:
    """A whole record that is long, partly unjudged, and synthetic."""
    base = job_training()
    return base.model_copy(
        update={
            "study": base.study.model_copy(
                update={
                    "id": "strained",
                    "title": both(
                        "Support on release from a local prison, with a comparison group from other prisons",
                        "Accompagnement à la sortie d'une maison d'arrêt, avec un groupe de comparaison issu d'autres établissements pénitentiaires",
                    ),
                    "illustrative": True,
                    "synthetic": True,
                    "label": both(
                        "Synthetic data and an illustrative contract: made to try the software, about nobody.",
                        "Données synthétiques et contrat illustratif : fabriqués pour éprouver le logiciel, ils ne concernent personne.",
                    ),
                    "settlement": None,
                    "settlement_date": None,
                    "registration": both("osf.io/abcd3", "osf.io/abcd3"),
                }
            ),
            "page_one": base.page_one.model_copy(
                update={
                    "answer": "pay_in_part",
                    "headline": said(
                        "Two clauses are met, one is not, one cannot be judged yet: {due:money} is due for employment, and an amount that the contract does not publish.",
                        "Deux clauses sont remplies, une ne l'est pas, une autre ne peut pas encore être jugée : {due:money} sont dus pour l'emploi, plus un montant que le contrat ne publie pas.",
                        due="125000.50 EUR",
                    ),
                    "money": base.page_one.money.model_copy(
                        update={
                            "currency": "EUR",
                            "due_now": "not_published",
                            "total": None,
                            "already_paid": "17500",
                            "ceiling": "not_published",
                            "ceiling_left": "not_published",
                        }
                    ),
                    "clauses": CLAUSES,
                    "evidence": r.EvidenceGrade(
                        kind=said(
                            "Comparison with similar men who were not served; nothing was drawn by lot.",
                            "Comparaison avec des hommes semblables non accompagnés ; rien n'a été tiré au sort.",
                        ),
                        grade=2,
                        why=said(
                            "A matched comparison reaches at most {max:int}; served in a single prison, it loses one.",
                            "Une comparaison appariée atteint au plus {max:int} ; menée dans une seule prison, elle perd un degré.",
                            max=3,
                        ),
                    ),
                    "changes": (
                        said(
                            "{d:date}: the third cohort was cancelled by the payer.",
                            "{d:date} : la troisième cohorte a été annulée par le payeur.",
                            d="2014-04",
                        ),
                    ),
                    "warnings": (
                        said(
                            "One place only: the interval covers chance between people and not what else happened in this place.",
                            "Un seul lieu : l'intervalle couvre le hasard entre les personnes, non ce qui a pu se passer d'autre dans ce lieu.",
                        ),
                    ),
                }
            ),
            "findings": _findings(),
            "counted": (
                r.FlowRow(
                    step=said("Released in the window", "Sortis pendant la période"),
                    n=1_000,
                    about=both("Early release", "Sortie anticipée"),
                ),
                r.FlowRow(
                    step=said("Matched", "Appariés"),
                    n=10_296,
                    treated=936,
                    comparison=9_360,
                    about=both("In work; Housed", "En emploi ; Logés"),
                ),
            ),
            "other_rules": tuple(
                rule.model_copy(
                    update={
                        "verdicts": {
                            "early/cohort_1": "not_met",
                            "early/cohort_2": "cannot_be_judged",
                            "final/all": "met" if k == 0 else "not_met",
                            "work/all": "met",
                        },
                        "values": {
                            "early/cohort_1": "8.4",
                            "early/cohort_2": None,
                            "final/all": "9.1",
                            "work/all": "3.0004",
                        },
                        "due_now": ("not_published", "125000.50", "0", None)[k],
                        "reason": said(
                            "One clause has no answer under this rule.",
                            "Une clause n'a pas de réponse sous cette règle.",
                        )
                        if k == 3
                        else None,
                    }
                )
                for k, rule in enumerate(base.other_rules)
            ),
            "deviations": (
                r.Deviation(
                    what=said(
                        "The file of outcomes was replaced after the lock: {a:text} rows became {b:text}.",
                        "Le fichier des résultats a été remplacé après le verrouillage : {a:text} lignes sont devenues {b:text}.",
                        a="936",
                        b="934",
                    )
                ),
            ),
            "locked": False,
            "access": (
                said(
                    "{d:date}: outcomes read by the run.",
                    "{d:date} : résultats lus par l'exécution.",
                    d="2014-07-01",
                ),
            ),
            "annex": base.annex.model_copy(update={"digests": {"contract": HASH}}),
        }
    )
