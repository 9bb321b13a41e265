"""Two whole records built by hand: the job training trial, and one that strains the layout.

The figures of the first are those of the National Supported Work experiment (the 445 men of
Dehejia and Wahba 1999) computed once with numpy; the contract around them is illustrative. The
second is invented from end to end, and says so.
"""

from __future__ import annotations

import math
from typing import Any

from impacteval.report import record as r

HASH = "sha256:" + "0123456789abcdef" * 4


def both(en: str, fr: str) -> r.Both:
    return r.Both(en=en, fr=fr)


def said(english: str, french: str, /, **values: Any) -> r.Said:
    return r.Said(key="example.sentence", en=english, fr=french, values=values)


def bell(centre: float, sd: float, points: int = 81) -> tuple[tuple[str, str], ...]:
    """A bell-shaped confidence density, as the analysis would write it."""
    out = []
    for k in range(points):
        z = -4 + 8 * k / (points - 1)
        density = math.exp(-z * z / 2) / (sd * math.sqrt(2 * math.pi))
        out.append((f"{centre + z * sd:.6f}", f"{density:.10f}"))
    return tuple(out)


USD = both("US dollars a year per person", "dollars US par an et par personne")

METHOD = r.MethodFacts(
    name="difference-in-means",
    package="impacteval",
    version="0.1.0",
    title=both("Difference in means", "Différence de moyennes"),
    description=both(
        "Compares the average of everyone assigned to the programme with the average of everyone "
        "assigned to the comparison group. Chance alone decided who was in which group.",
        "Compare la moyenne de toutes les personnes affectées au programme à celle de toutes les "
        "personnes affectées au groupe de comparaison. Seul le tirage au sort a décidé qui était "
        "dans quel groupe.",
    ),
    assumptions=(
        both(
            "Assignment was by chance and was followed by the analysis as it fell.",
            "L'affectation s'est faite par tirage au sort et l'analyse la suit telle quelle.",
        ),
        both(
            "One person's assignment did not change another person's result.",
            "L'affectation d'une personne n'a pas changé le résultat d'une autre.",
        ),
    ),
    limits=(
        both(
            "With few people and long-tailed results such as earnings, intervals can be a little short.",
            "Avec peu de personnes et des résultats très étalés comme des revenus, les intervalles "
            "peuvent être un peu trop courts.",
        ),
    ),
    references=(
        "Neyman (1923), On the application of probability theory to agricultural experiments",
        "Imbens and Rubin (2015), Causal Inference, chapter 6",
    ),
    settings={"variance": "hc2"},
)

INTERVAL_95 = r.Range(
    low="474.0104512", high="3114.674313", level="0.95", side="two", method="Student t, 307.13 df"
)


def _balance() -> tuple[r.ArmRow, ...]:
    rows = [
        ("age", "Age", "Âge", "25.8162", "25.0538", "0.1073", "1.028"),
        ("educ", "Years of schooling", "Années d'études", "10.3459", "10.0885", "0.1412", "1.551"),
        ("black", "Black (share)", "Noirs (part)", "0.8432", "0.8269", "0.0439", "0.925"),
        ("hisp", "Hispanic (share)", "Hispaniques (part)", "0.0595", "0.1077", "-0.1746", "0.583"),
        ("marr", "Married (share)", "Mariés (part)", "0.1892", "0.1538", "0.0936", "1.18"),
        (
            "nodegree",
            "Without a school diploma (share)",
            "Sans diplôme (part)",
            "0.7081",
            "0.8346",
            "-0.304",
            "1.5",
        ),
        (
            "re74",
            "Real earnings in 1974 (dollars)",
            "Revenus réels en 1974 (dollars)",
            "2095.5737",
            "2107.0267",
            "-0.0022",
            "0.738",
        ),
        (
            "re75",
            "Real earnings in 1975 (dollars)",
            "Revenus réels en 1975 (dollars)",
            "1532.0553",
            "1266.909",
            "0.0839",
            "1.076",
        ),
    ]
    return tuple(
        r.ArmRow(
            covariate=name,
            plain_name=both(en, fr),
            treated=t,
            comparison=c,
            standardised_difference=d,
            variance_ratio=v,
        )
        for name, en, fr, t, c, d, v in rows
    )


def _nsw_finding() -> r.FindingFacts:
    return r.FindingFacts(
        outcome="earnings_1978",
        group="all",
        plain_name=both("Earnings in 1978", "Revenus de 1978"),
        measure=both(
            "real earnings in 1978, in 1982 dollars, from the survey",
            "revenus réels de 1978, en dollars de 1982, d'après l'enquête",
        ),
        outcome_unit=USD,
        contract_unit=USD,
        better="higher",
        paid=True,
        status="estimated",
        reason=None,
        target=said(
            "Everyone assigned, in both groups: {n:int} men.",
            "Toutes les personnes affectées, dans les deux groupes : {n:int} hommes.",
            n=445,
        ),
        method_text=said(
            "Difference of the two averages; standard error of Neyman (HC2), Student t with {df:number} degrees of freedom.",
            "Différence des deux moyennes ; erreur type de Neyman (HC2), loi de Student à {df:number} degrés de liberté.",
            df="307.1324945",
        ),
        method=METHOD,
        scale="difference",
        observed="6349.143531",
        counterfactual="4554.801149",
        estimate="1794.342382",
        raw_effect="1794.342382",
        std_error="670.9965444",
        intervals=(
            INTERVAL_95.model_copy(
                update={"low": "687.3121577", "high": "2901.372606", "level": "0.9"}
            ),
            INTERVAL_95,
            INTERVAL_95.model_copy(update={"low": "687.3121577", "high": None, "side": "lower"}),
        ),
        p_value="0.007892978306",
        n_treated=185,
        n_comparison=260,
        treated_clusters=185,
        periods=(
            r.PeriodRow(
                period="1978",
                observed="6349.143531",
                counterfactual="4554.801149",
                low="3234.469219",
                high="5875.13308",
                level="0.95",
                n=185,
            ),
        ),
        notes=(
            said(
                "{share:percent0} of the men had no earnings in 1978.",
                "{share:percent0} des hommes n'ont eu aucun revenu en 1978.",
                share="0.3078651685",
            ),
        ),
        baseline=_balance(),
        diagnostics=(
            r.DiagnosticRow(
                name="balance",
                title=both(
                    "The two groups were alike at the start",
                    "Les deux groupes se ressemblaient au départ",
                ),
                status="passed",
                statistic="0.304",
                limit="0.4",
                expected="0.19",
                chance_sound_fails="0.0012",
                required=True,
                explanation=said(
                    "The largest difference is {x:number2} standard deviations; the contract allows {limit:number2}.",
                    "Le plus grand écart est de {x:number2} écart type ; le contrat admet {limit:number2}.",
                    x="0.304",
                    limit="0.4",
                ),
            ),
            r.DiagnosticRow(
                name="attrition",
                title=both("Nobody was lost on the way", "Personne n'a été perdu en route"),
                status="not_applicable",
                statistic=None,
                limit=None,
                expected=None,
                chance_sound_fails=None,
                required=False,
                explanation=said(
                    "The public file holds only the men whose earnings were measured, so losses cannot be counted.",
                    "Le fichier public ne contient que les hommes dont les revenus ont été mesurés : les pertes ne peuvent pas être comptées.",
                ),
            ),
        ),
        robustness=(
            r.RobustnessRow(
                name="lin",
                title=both(
                    "Adjusted for eight starting characteristics (Lin)",
                    "Corrigée de huit caractéristiques de départ (Lin)",
                ),
                estimate="1621.583082",
                interval=INTERVAL_95.model_copy(
                    update={"low": "259.953827", "high": "2983.212337"}
                ),
                verdicts={"earnings": "met"},
                flips=False,
                reason=None,
            ),
            r.RobustnessRow(
                name="winsorised",
                title=both(
                    "Highest 1% of earnings capped", "1 % des revenus les plus hauts plafonnés"
                ),
                estimate="1566.053681",
                interval=INTERVAL_95.model_copy(
                    update={"low": "419.061528", "high": "2713.045835"}
                ),
                verdicts={"earnings": "met"},
                flips=False,
                reason=None,
            ),
            r.RobustnessRow(
                name="blocked",
                title=both("Within the sites of the programme", "À l'intérieur de chaque site"),
                estimate=None,
                interval=None,
                verdicts={},
                flips=False,
                reason=said(
                    "Not applicable: the public file does not name the sites.",
                    "Sans objet : le fichier public ne nomme pas les sites.",
                ),
            ),
        ),
        design_text=said(
            "Chance decided: {treated:int} men were offered the programme and {control:int} were not.",
            "Le sort a décidé : {treated:int} hommes se sont vu proposer le programme et {control:int} non.",
            treated=185,
            control=260,
        ),
        comparators=said(
            "The men who drew the comparison group show what would have happened without the programme.",
            "Les hommes tirés au sort pour le groupe de comparaison montrent ce qui se serait passé sans le programme.",
        ),
        curve=bell(1794.342382, 670.9965444),
    )


def job_training() -> r.Record:
    """The record of `studies/nsw-job-training`, as far as a hand can write it."""
    clause = r.ClauseRow(
        name="earnings",
        group="all",
        outcome="earnings_1978",
        plain_name=both("Earnings in 1978", "Revenus de 1978"),
        unit=USD,
        verdict="met",
        sentence=said(
            "Men offered the programme earned {value:money} a year more than they would have without it; the contract asks for at least {threshold:money}.",
            "Les hommes à qui le programme a été proposé ont gagné {value:money} de plus par an qu'ils n'auraient gagné sans lui ; le contrat demande au moins {threshold:money}.",
            value="1794.34 USD",
            threshold="1000 USD",
        ),
        reason=None,
        rule=said(
            "The estimate itself is compared.", "C'est l'estimation elle-même qui est comparée."
        ),
        value="1794.342382",
        operator="at_least",
        threshold="1000",
        amount="200000.00",
        steps=(
            said(
                "Compared number: {value:exact} dollars a year per person.",
                "Nombre comparé : {value:exact} dollars par an et par personne.",
                value="1794.342382",
            ),
            said(
                "{value:number} is at least {threshold:number}: the clause is met.",
                "{value:number} atteint {threshold:number} : la clause est remplie.",
                value="1794.342382",
                threshold="1000",
            ),
            said(
                "The clause pays {amount:money}.",
                "La clause paie {amount:money}.",
                amount="200000 USD",
            ),
        ),
        estimate="1794.342382",
        interval=INTERVAL_95,
        distance=said(
            "The result is {gap:money} a year per person above the threshold; {gap:money} less and the clause would not pay.",
            "Le résultat dépasse le seuil de {gap:money} par an et par personne ; {gap:money} de moins et la clause ne paierait pas.",
            gap="794.34 USD",
        ),
        smallest_change="794.342382",
        chance_passes="0.8813010945",
        chance_nothing_or_harm="0.003946489153",
        observed="6349.143531",
        counterfactual="4554.801149",
        outcome_unit=USD,
    )
    finding = _nsw_finding()
    return r.Record(
        study=r.StudyFacts(
            id="nsw-job-training",
            title=both(
                "Job training for men out of work (National Supported Work)",
                "Formation à l'emploi pour des hommes sans travail (National Supported Work)",
            ),
            illustrative=True,
            synthetic=False,
            label=both(
                "Illustrative contract on real data: no such contract was ever signed and no payment follows.",
                "Contrat illustratif sur des données réelles : ce contrat n'a jamais été signé et aucun paiement n'en découle.",
            ),
            evaluator=both("The impacteval authors", "Les auteurs d'impacteval"),
            paid_by=both("nobody", "personne"),
            registration=None,
            settlement="final",
            settlement_date="1979-12-31",
        ),
        page_one=r.PageOne(
            answer="pay",
            headline=said(
                "The only clause of the contract is met: {due:money} is due.",
                "La seule clause du contrat est remplie : {due:money} sont dus.",
                due="200000 USD",
            ),
            money=r.MoneyBox(
                currency="USD",
                due_now="200000.00",
                total="200000.00",
                already_paid="0",
                ceiling="250000",
                ceiling_left="50000",
                rounding=said(
                    "Amounts are rounded to the cent, half up.",
                    "Les montants sont arrondis au centime, la moitié vers le haut.",
                ),
            ),
            clauses=(clause,),
            evidence=r.EvidenceGrade(
                kind=said(
                    "Randomised trial: chance decided who was offered the programme.",
                    "Essai randomisé : le tirage au sort a décidé à qui proposer le programme.",
                ),
                grade=5,
                why=said(
                    "A randomised trial can reach the highest grade; the evaluator did not lower it.",
                    "Un essai randomisé peut atteindre la note la plus haute ; l'évaluateur ne l'a pas abaissée.",
                ),
            ),
            left_out=(
                said(
                    "Men without recorded earnings in 1974 are not in the public file; how many is not known.",
                    "Les hommes sans revenus connus en 1974 ne sont pas dans le fichier public ; on ignore combien ils sont.",
                ),
            ),
            changes=(),
            warnings=(),
            confidence_note=said(
                "Confidence is how far the data support a statement when the method is right; it is not a promise that the next cohort does as well.",
                "La confiance dit à quel point les données soutiennent une affirmation si la méthode est juste ; elle ne promet pas que le groupe suivant fera aussi bien.",
            ),
            rerun="impacteval verify studies/nsw-job-training --out out/nsw-job-training",
            contest=both(
                "Either party may contest within 30 days in writing to the independent reviewer named in the contract; anyone can re-run this report with the command above.",
                "Chaque partie peut contester par écrit sous 30 jours auprès du tiers indépendant nommé au contrat ; chacun peut refaire ce rapport avec la commande ci-dessus.",
            ),
        ),
        contract=r.ContractFacts(
            id="nsw-job-training-illustrative",
            title=both(
                "An illustrative contract on job training",
                "Un contrat illustratif sur la formation à l'emploi",
            ),
            in_plain_words=both(
                "A payer pays once if men offered supported work earn clearly more in 1978 than men who were not.",
                "Un payeur paie une fois si les hommes à qui l'on a proposé un emploi accompagné gagnent nettement plus en 1978 que ceux à qui on ne l'a pas proposé.",
            ),
            parties=(
                r.Party(
                    role=both("Payer", "Payeur"),
                    name=both("An illustrative payer", "Un payeur illustratif"),
                ),
                r.Party(
                    role=both("Provider", "Opérateur"),
                    name=both(
                        "National Supported Work programme", "Programme National Supported Work"
                    ),
                ),
            ),
            people=both(
                "men out of work, most of them without a diploma, in the programme's cities",
                "des hommes sans travail, pour la plupart sans diplôme, dans les villes du programme",
            ),
            everyone_counted=True,
            sentences=(
                said(
                    "If earnings in 1978 rise by at least {threshold:money} a year per person, the payer pays {amount:money}.",
                    "Si les revenus de 1978 augmentent d'au moins {threshold:money} par an et par personne, le payeur verse {amount:money}.",
                    threshold="1000 USD",
                    amount="200000 USD",
                ),
                said(
                    "The payer never pays more than {cap:money} in all.",
                    "Le payeur ne verse jamais plus de {cap:money} en tout.",
                    cap="250000 USD",
                ),
            ),
            not_public=(),
            sources=(
                both("LaLonde (1986)", "LaLonde (1986)"),
                both("Dehejia and Wahba (1999)", "Dehejia et Wahba (1999)"),
            ),
            file="contract.yaml",
            digest=HASH,
        ),
        counted=(
            r.FlowRow(
                step=said("In the file", "Dans le fichier"), n=445, treated=185, comparison=260
            ),
            r.FlowRow(
                step=said("Measured in 1978", "Mesurés en 1978"), n=445, treated=185, comparison=260
            ),
        ),
        refused=said(
            "The study does not know who refused the programme.",
            "L'étude ne sait pas qui a refusé le programme.",
        ),
        findings=(finding,),
        other_rules=(
            r.OtherRule(
                rule=said("Point estimate", "Estimation ponctuelle"),
                binding=True,
                verdicts={"earnings/all": "met"},
                values={"earnings/all": "1794.342382"},
                due_now="200000.00",
            ),
            r.OtherRule(
                rule=said(
                    "Lower bound, one-sided {level:percent}",
                    "Borne basse, unilatérale à {level:percent}",
                    level="0.9",
                ),
                binding=False,
                verdicts={"earnings/all": "not_met"},
                values={"earnings/all": "932.5720977"},
                due_now="0",
            ),
            r.OtherRule(
                rule=said(
                    "Estimate, if significantly better than nothing at {level:percent} (two-sided)",
                    "Estimation, si elle se distingue de zéro à {level:percent} (bilatéral)",
                    level="0.95",
                ),
                binding=False,
                verdicts={"earnings/all": "met"},
                values={"earnings/all": "1794.342382"},
                due_now="200000.00",
            ),
            r.OtherRule(
                rule=said(
                    "Confidence of at least {level:percent} that it passes",
                    "Confiance d'au moins {level:percent} qu'il passe",
                    level="0.8",
                ),
                binding=False,
                verdicts={"earnings/all": "met"},
                values={"earnings/all": "1228.831116"},
                due_now="200000.00",
            ),
        ),
        money_steps=(
            said(
                "Clauses that pay: {sum:money}.",
                "Clauses qui paient : {sum:money}.",
                sum="200000 USD",
            ),
            said(
                "Ceiling of {cap:money}: not reached.",
                "Plafond de {cap:money} : non atteint.",
                cap="250000 USD",
            ),
            said("Due now: {due:money}.", "Dû maintenant : {due:money}.", due="200000 USD"),
        ),
        unknowns=(
            both(
                "Whether the men still earned more in later years.",
                "Si les hommes gagnaient encore davantage les années suivantes.",
            ),
            both(
                "Whether the same programme would work elsewhere or today.",
                "Si le même programme réussirait ailleurs ou aujourd'hui.",
            ),
        ),
        fairness=said(
            "The contract pays for no group apart; no side effect was measured.",
            "Le contrat ne paie pour aucun groupe à part ; aucun effet indésirable n'a été mesuré.",
        ),
        data=(
            r.DataSource(
                name="nsw",
                source="causaldata 0.1.4, nsw_mixtape",
                rows=445,
                columns=(
                    "treat",
                    "re78",
                    "age",
                    "educ",
                    "black",
                    "hisp",
                    "marr",
                    "nodegree",
                    "re74",
                    "re75",
                ),
                digest=HASH,
                licence=both("MIT", "MIT"),
                note=both(
                    "Single precision numbers were read through their shortest decimal text.",
                    "Les nombres en simple précision ont été lus par leur écriture décimale la plus courte.",
                ),
            ),
        ),
        privacy=both(
            "The file is public and names nobody; person numbers were replaced by keyed pseudonyms when it was read.",
            "Le fichier est public et ne nomme personne ; les numéros de personne ont été remplacés à la lecture par des pseudonymes à clé.",
        ),
        access=(),
        interests=(
            both(
                "The evaluators wrote the software used here.",
                "Les évaluateurs ont écrit le logiciel employé ici.",
            ),
        ),
        independence=both(
            "Nobody paid the evaluators and no party saw the result before publication.",
            "Personne n'a payé les évaluateurs et aucune partie n'a vu le résultat avant sa publication.",
        ),
        deviations=(),
        locked=True,
        checklist=r.Checklist(
            standard="CONSORT 2025",
            rows=(
                r.ChecklistRow(
                    number="1a",
                    item=both("Title says randomised", "Le titre dit que l'essai est randomisé"),
                    where=both("Page 1", "Page 1"),
                ),
                r.ChecklistRow(
                    number="2",
                    item=both("Trial registration", "Enregistrement de l'essai"),
                    where=None,
                ),
                r.ChecklistRow(
                    number="22a",
                    item=both("Flow of participants", "Parcours des participants"),
                    where=both("Section 2", "Section 2"),
                ),
            ),
            given=2,
        ),
        annex=r.Annex(
            digests={"contract": HASH, "plan": HASH, "data": HASH},
            versions={"impacteval": "0.1.0", "numpy": "2.3.1", "python": "3.11.9"},
            seed=20260801,
            command="impacteval verify studies/nsw-job-training --out out/nsw-job-training",
            receipts=(
                r.Receipt(
                    figure="earnings/all value",
                    value="1794.342382",
                    clause="earnings",
                    plan_entry="earnings_1978",
                    data_digest=HASH,
                    estimator="difference-in-means",
                    version="0.1.0",
                    seed="8421",
                ),
                r.Receipt(
                    figure="earnings/all amount",
                    value="200000",
                    clause="earnings",
                    plan_entry="earnings_1978",
                    data_digest=HASH,
                    estimator="difference-in-means",
                    version="0.1.0",
                    seed="8421",
                ),
            ),
        ),
    )
