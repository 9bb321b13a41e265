"""The commands, in the order of the life of a study."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from impacteval.cli import commands, comparing
from impacteval.values import Language

app = typer.Typer(
    name="impacteval",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    help=(
        "From an outcomes contract and data to a verdict that a stranger can re-run.\n\n"
        "The life of a study: **new** makes a folder, **check** tells everything that is wrong "
        "with it, **lock** fixes contract and plan, **prepare** freezes the sample without "
        "outcomes, **verify** estimates, decides and writes the report, **run** executes its "
        "notebook.\n\n"
        "A contract alone: **explain** says it back in plain words, **price** tells what it pays "
        "for a result, **simulate** how often and how much it pays if nothing works.\n\n"
        "A trial that is planned: **power** tells what it can find, and how large it must be.\n\n"
        "Exit codes: 0 done, 1 a check or a comparison found problems, 2 bad input, 3 not as locked, 70 internal "
        "error."
    ),
)

StudyArgument = Annotated[
    Path, typer.Argument(metavar="STUDY", help="Folder of the study, with plan.yaml in it.")
]
ContractArgument = Annotated[
    Path, typer.Argument(metavar="CONTRACT", help="A contract file, or a folder that holds one.")
]


class Format(StrEnum):
    """How a command answers."""

    TEXT = "text"
    JSON = "json"


class Engine(StrEnum):
    """How a simulation finds what an evaluation would find."""

    NORMAL = "normal"
    FULL = "full"
    BOTH = "both"


class Spending(StrEnum):
    """How looks spend what may go wrong."""

    OBRIEN_FLEMING = "obrien_fleming"
    POCOCK = "pocock"
    ALWAYS_VALID = "always_valid"


class Sides(StrEnum):
    """The sides of a test."""

    TWO = "two"
    ONE = "one"


FormatOption = Annotated[
    Format, typer.Option("--format", help="text for people, json for machines.")
]
ToleranceOption = Annotated[
    str | None,
    typer.Option(
        metavar="SHARE",
        help="How far numbers may be apart, as a share of their size; by default the last digit "
        "written. Verdicts and amounts must be the same.",
    ),
]
LanguageOption = Annotated[Language, typer.Option("--lang", help="Language of the text.")]


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from impacteval import __version__

        typer.echo(f"impacteval {__version__}")
        raise typer.Exit


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder to make.")],
) -> None:
    """Make a study folder to start from.

    It holds a contract, a plan and a small synthetic data set that together can be checked,
    locked and verified at once; replace them by your own, one at a time.
    """
    commands.new(folder)


@app.command()
def check(
    study: Annotated[
        Path,
        typer.Argument(metavar="STUDY", help="Folder of a study, or a contract file."),
    ],
) -> None:
    """Tell everything that is wrong, without using outcomes.

    Contract, plan, estimators and their settings, data columns, and the examples beside the
    contract; all problems at once.
    """
    commands.check(study)


@app.command()
def lock(
    study: StudyArgument,
    date: Annotated[
        str | None,
        typer.Option(help="Date of the lock, such as 2026-03-31; no clock is read."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Replace a lock that exists already.")
    ] = False,
) -> None:
    """Fix contract, plan and data schema before outcomes are used.

    Writes lock.yaml. Whatever changes afterwards is printed in the report.
    """
    commands.lock(study, date, again=again)


@app.command()
def prepare(
    study: StudyArgument,
    again: Annotated[
        bool, typer.Option("--again", help="Replace what was frozen and has changed.")
    ] = False,
) -> None:
    """Freeze the sample without outcomes.

    Outcome columns are not read at all. Writes prepared.json with the digest that a second
    evaluator must reproduce.
    """
    commands.prepare(study, again=again)


@app.command()
def verify(
    study: StudyArgument,
    out: Annotated[Path, typer.Option(help="Folder for the report.")],
    settlement: Annotated[
        str | None, typer.Option(help="The settlement to judge, as named in the calendar.")
    ] = None,
    lang: Annotated[
        list[Language] | None,
        typer.Option(
            help="Languages of the report, instead of the plan's; the first is spoken here. May be repeated."
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="VERDICT", help="Another run's verdict.json, or the folder that holds it."
        ),
    ] = None,
    tolerance: ToleranceOption = None,
) -> None:
    """Estimate, decide and write the report.

    Writes verdict.json and, in English and French, the report as HTML, PDF and Markdown. The
    exit code is 0 whatever the verdict. With --against the run is held against another one, the
    report says what differs and what could explain it, and the exit code is 1 where they do not
    agree.
    """
    commands.verify(study, out, settlement, tuple(lang or ()), against, tolerance)


@app.command()
def compare(
    here: Annotated[
        Path,
        typer.Argument(metavar="VERDICT", help="A verdict.json, or the folder that holds it."),
    ],
    there: Annotated[Path, typer.Argument(metavar="OTHER", help="Another run's, held against it.")],
    tolerance: ToleranceOption = None,
    output: FormatOption = Format.TEXT,
    lang: LanguageOption = Language.EN,
) -> None:
    """Hold one run against another.

    Tells which verdicts, amounts and numbers differ, whether contract, data, plan, seed or
    software do, and which of the two was run as it was locked. Exit code 1 where they do not
    agree.
    """
    comparing.compare(here, there, tolerance, as_json=output is Format.JSON, language=lang)


@app.command()
def price(
    contract: ContractArgument,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="OUTCOME[.GROUP]=VALUE",
            help="A result in the contract's units, or people.GROUP=N, settlement=NAME, "
            "already_paid=AMOUNT, as_of=DATE. May be repeated.",
        ),
    ] = None,
    output: FormatOption = Format.TEXT,
    lang: LanguageOption = Language.EN,
) -> None:
    """What the contract pays for results that are given.

    For example: impacteval price studies/bonds/denver --set housed_nights=299928
    --set jail_days=38
    """
    commands.price(contract, given or [], as_json=output is Format.JSON, language=lang)


@app.command()
def explain(
    contract: ContractArgument,
    lang: LanguageOption = Language.EN,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help="As it stood then, such as 2014-04."),
    ] = None,
) -> None:
    """Say the contract back in plain words.

    Every number comes from the file: change the file and the words change. Amendments are told
    with what the contract said before and what it says since.
    """
    commands.explain(contract, lang, as_of)


class Register(StrEnum):
    """Whom an export is for."""

    INDIGO = "indigo"


@app.command()
def export(
    contract: Annotated[
        Path,
        typer.Argument(metavar="CONTRACT", help="A contract file, or the folder of a study."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the export.")],
    to: Annotated[
        Register, typer.Option("--to", help="The register whose fields are filled.")
    ] = Register.INDIGO,
    verdict: Annotated[
        Path | None,
        typer.Option(help="A verdict.json of that contract, or the folder that holds it."),
    ] = None,
) -> None:
    """Write a contract in the fields of a public register.

    INDIGO is the register of the Government Outcomes Lab: outcome metrics and pricings from the
    contract, results and payments from a verdict. What it has no field for is added under names
    that begin with impacteval_.
    """
    commands.export(contract, out, verdict)


@app.command()
def simulate(
    contract: Annotated[
        Path,
        typer.Argument(metavar="CONTRACT", help="A contract file, its folder, or a study folder."),
    ],
    scenario: Annotated[
        Path | None, typer.Option(help="A scenario file with what is assumed.")
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="OUTCOME[.GROUP].KEY=VALUE",
            help="An assumption: people, comparison, kind (normal, binary, count), baseline, sd, "
            "variance_over_mean, clusters, icc, cluster_cv, or std_error in contract units. "
            "May be repeated.",
        ),
    ] = None,
    effects: Annotated[
        str | None,
        typer.Option(
            metavar="E,E,...",
            help="True effects to try, in contract units; 0 and the thresholds are always among them.",
        ),
    ] = None,
    effect: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OUTCOME[.GROUP]=VALUE", help="A true effect that is held. May be repeated."
        ),
    ] = None,
    settlements: Annotated[
        int | None, typer.Option(min=1, help="Settlements counted together.")
    ] = None,
    engine: Annotated[
        Engine,
        typer.Option(
            help="normal: estimates scatter normally (milliseconds). full: data are drawn and the "
            "estimator is run. both: the gap between the two is shown, and the second is used.",
        ),
    ] = Engine.NORMAL,
    estimator: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OUTCOME=NAME",
            help="The estimator that is run where data are drawn; difference-in-means by default.",
        ),
    ] = None,
    explained: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OUTCOME=SHARE",
            help="Share of its variance that a covariate explains, where data are drawn.",
        ),
    ] = None,
    plan: Annotated[
        Path | None, typer.Option(help="An analysis plan: its estimators are run on drawn data.")
    ] = None,
    pilot: Annotated[
        Path | None,
        typer.Option(help="Data of people without the programme to draw from, as the plan reads."),
    ] = None,
    draws: Annotated[
        int | None,
        typer.Option(
            help="Draws for each effect and rule: 100000, or 10000 where data are drawn.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws.")] = 1,
    power: Annotated[
        float, typer.Option(help="How often an effect is to be found, for sample sizes.")
    ] = 0.8,
    advise: Annotated[
        bool,
        typer.Option(
            "--advise",
            help="Propose a threshold, and a sample, that hold the risk of paying for nothing.",
        ),
    ] = False,
    false_payment: Annotated[
        float | None, typer.Option(help="The risk to hold with --advise; 0.05 by default.")
    ] = None,
    noise_payment: Annotated[
        float | None,
        typer.Option(
            metavar="AMOUNT",
            help="With --advise, hold what is paid on average if nothing works at this amount, in "
            "place of the chance of paying.",
        ),
    ] = None,
    hoped: Annotated[
        float | None,
        typer.Option(
            help="The true effect hoped for, with --advise; the largest tried by default, which is "
            "about 1.5 times the furthest threshold unless --effects says otherwise."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for simulation.json, drawings and a page.")
    ] = None,
    output: FormatOption = Format.TEXT,
    lang: LanguageOption = Language.EN,
) -> None:
    """What the contract pays if the programme does nothing, and if it works.

    For example: impacteval simulate studies/bonds/peterborough --set
    reconvictions.people=936 --set reconvictions.comparison=9360 --set
    reconvictions.baseline=1.55 --set reconvictions.variance_over_mean=3
    """
    from impacteval.cli import simulating

    simulating.simulate(
        contract,
        simulating.Asked(
            scenario=scenario,
            given=tuple(given or ()),
            effects=effects,
            held=tuple(effect or ()),
            settlements=settlements,
            draws=draws,
            seed=seed,
            power=power,
            advise=advise,
            false_payment=false_payment,
            noise_payment=noise_payment,
            hoped=hoped,
            engine=engine.value,
            estimators=tuple(estimator or ()),
            explained=tuple(explained or ()),
            plan=plan,
            pilot=pilot,
        ),
        out,
        as_json=output is Format.JSON,
        language=lang,
    )


audit = typer.Typer(
    no_args_is_help=True,
    help="Draw the cases of a verified list that are checked again.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
app.add_typer(audit, name="audit")


@audit.command("draw")
def audit_draw(
    path: Annotated[
        Path,
        typer.Argument(metavar="STUDY_OR_CSV", help="Folder of a study, or a CSV file of cases."),
    ],
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draw; agree on it beforehand.")],
    n: Annotated[int, typer.Option("--n", min=1, help="How many cases to draw.")],
    stratum: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Draw from each stratum in proportion, one at least."),
    ] = None,
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("audit.csv"),
    unit: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Labels of the cases of a CSV file; the first column."),
    ] = None,
    claimed: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="What is claimed in a CSV file: rows of 0 are not drawn."
        ),
    ] = None,
    analysis: Annotated[
        str | None, typer.Option(help="Which verified list of the study, when it has several.")
    ] = None,
    separator: Annotated[str, typer.Option(help="Between the columns of a CSV file.")] = ",",
    lang: LanguageOption = Language.EN,
) -> None:
    """Draw by lot the cases that are checked again.

    The same seed draws the same cases from the same list, whatever the order of its rows. Writes
    a file with a column to fill in.
    """
    from impacteval.cli import auditing

    asked = auditing.Asked(
        n=n,
        seed=seed,
        out=out,
        stratum=stratum,
        unit=unit,
        claimed=claimed,
        analysis=analysis,
        separator=separator,
    )
    auditing.draw(path, asked, lang)


@app.command()
def power(
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="The trial: people=1000 (or 600,400), kind (normal, binary, count), baseline, sd, "
            "variance_over_mean, scale (difference, relative, total, standardised), better, "
            "clusters=40 (or 20,20), icc, cluster_cv, blocks, between, explained, lost=0.1 (or "
            "0.1,0.15), take_up=0.6 (or 0.6,0.1), participants=yes. May be repeated.",
        ),
    ] = None,
    effect: Annotated[
        float | None,
        typer.Option(help="The true effect, observed minus what would have been; raw."),
    ] = None,
    threshold: Annotated[
        float, typer.Option(help="The number that an effect is held against.")
    ] = 0.0,
    level: Annotated[float, typer.Option(help="Confidence level of the test.")] = 0.95,
    sides: Annotated[
        Sides | None,
        typer.Option(help="two by default against 0, one (the better side) against a threshold."),
    ] = None,
    chance: Annotated[
        float, typer.Option("--power", help="How often an effect is to be found.")
    ] = 0.8,
    tried: Annotated[
        list[str] | None,
        typer.Option(
            "--try",
            metavar="KEY=V,V,...",
            help="Other designs, every combination: any key of --set, effect, or estimator. "
            "Pairs are parted by semicolons: clusters=20,20;40,40. May be repeated.",
        ),
    ] = None,
    simulate_: Annotated[
        bool, typer.Option("--simulate", help="Draw data and run the estimator, many times.")
    ] = False,
    estimator: Annotated[
        str | None,
        typer.Option(help="The estimator that is run; difference-in-means by default."),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="A setting of the estimator. May be repeated."),
    ] = None,
    contract: Annotated[
        Path | None,
        typer.Option(help="A contract that reads this number, for the average payment."),
    ] = None,
    looks: Annotated[
        str | None,
        typer.Option(
            metavar="T,T,...,1",
            help="Looks before the end: share of the final information at each.",
        ),
    ] = None,
    spending: Annotated[
        Spending | None,
        typer.Option(help="How looks spend what may go wrong; obrien_fleming by default."),
    ] = None,
    draws: Annotated[
        int | None, typer.Option(help="How often the design is run; 1000 by default.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws.")] = 1,
    out: Annotated[
        Path | None, typer.Option(help="Folder for power.json, drawings and a page.")
    ] = None,
    output: FormatOption = Format.TEXT,
    lang: LanguageOption = Language.EN,
) -> None:
    """How large a trial must be, and what it can find.

    For example: impacteval power --set people=2000 --set clusters=40 --set icc=0.1 --set sd=1
    --effect 0.3
    """
    from impacteval.cli import powering

    powering.power(
        powering.Asked(
            given=tuple(given or ()),
            tried=tuple(tried or ()),
            effect=effect,
            threshold=threshold,
            level=level,
            sides=None if sides is None else sides.value,
            power=chance,
            simulate=simulate_,
            estimator=estimator,
            settings=tuple(setting or ()),
            contract=contract,
            draws=draws,
            seed=seed,
            looks=looks,
            spending=None if spending is None else spending.value,
        ),
        out,
        as_json=output is Format.JSON,
        language=lang,
    )


@app.command()
def estimators(output: FormatOption = Format.TEXT, lang: LanguageOption = Language.EN) -> None:
    """List the estimators that are installed, with what each one answers."""
    commands.estimators(as_json=output is Format.JSON, language=lang)


@app.command(name="run")
def run_(
    study: Annotated[
        Path,
        typer.Argument(
            metavar="STUDY",
            help="Folder of the study, with study.py in it, or a notebook's source.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the executed notebook.")],
    given: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the notebook."),
    ] = None,
) -> None:
    """Execute the study's notebook and store it beside the report."""
    commands.run(study, out, given or [])
