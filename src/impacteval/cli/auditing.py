"""What `impacteval audit draw` does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from impacteval.cli.show import say, show_rows
from impacteval.errors import Problem, UsageError
from impacteval.values import Language, Message, Text

_DRAWN = Text(
    en="{drawn:int} of {cases:int} claimed cases were drawn by lot, with seed {seed:text}, and stand in {file:text}.",
    fr="{drawn:int} dossiers sur {cases:int} déclarés ont été tirés au sort, avec la graine {seed:text}, et figurent dans {file:text}.",
)
_LEFT_OUT = Text(
    en="{rows:int} {rows:plural:row claims|rows claim} nothing and could not be drawn.",
    fr="{rows:int} {rows:plural:ligne ne déclare|lignes ne déclarent} rien et ne {rows:plural:pouvait|pouvaient} être {rows:plural:tirée|tirées}.",
)
_LIST = Text(en="List: {digest:text}", fr="Liste : {digest:text}")
_NEXT_STEPS = (
    Text(
        en="1. Check each case again where it can be seen, by someone who did not make the claims. Tell nobody who makes claims which cases were drawn.",
        fr="1. Contrôlez chaque dossier là où il peut être constaté, par quelqu'un qui n'a pas fait les déclarations. Ne dites à personne qui en fait lesquels ont été tirés.",
    ),
    Text(
        en="2. Write 1 under “{found:text}” where the case counts as the contract says, 0 where it does not. Leave no line empty: a case that could not be checked is not one that is right.",
        fr="2. Écrivez 1 sous « {found:text} » si le dossier compte selon le contrat, 0 sinon. Ne laissez aucune ligne vide : un dossier qui n'a pas pu être contrôlé n'est pas un dossier juste.",
    ),
    Text(
        en="3. Bring that column into the data, empty for every case that was not drawn, and name it in plan.yaml: `columns: {open}audited: {found:text}{by:text}{close}`.",
        fr="3. Reportez cette colonne dans les données, vide pour tout dossier non tiré, et nommez-la dans plan.yaml : « columns: {open}audited: {found:text}{by:text}{close} ».",
    ),
    Text(
        en="4. Keep seed and list: the same command draws the same cases for anybody, whatever the order of the rows.",
        fr="4. Conservez la graine et la liste : la même commande tire les mêmes dossiers pour tous, quel que soit l'ordre des lignes.",
    ),
)
_STRATUM = Text(en="{drawn:int} of {cases:int}", fr="{drawn:int} sur {cases:int}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed."""

    n: int
    seed: int
    out: Path
    stratum: str | None = None
    unit: str | None = None
    claimed: str | None = None
    analysis: str | None = None
    separator: str = ","


def draw(path: Path, asked: Asked, language: Language) -> None:
    """Draw the cases, write them and say what to do with them."""
    from impacteval.render.format import fill
    from impacteval.study import auditing as drawing
    from impacteval.study import load_study

    if len(asked.separator) != 1:
        raise UsageError(Problem("--separator is one character.", "Write for example ';'."))
    if path.is_dir():
        _only(asked, "unit", "claimed")
        cases = drawing.cases_of_study(
            load_study(path), analysis=asked.analysis, stratum=asked.stratum
        )
    else:
        if not path.exists():
            raise UsageError(
                Problem(f"There is no file or folder {path}.", "Name a study folder or a CSV file.")
            )
        _only(asked, "analysis")
        cases = drawing.cases_of_file(
            path,
            unit=asked.unit,
            claimed=asked.claimed,
            stratum=asked.stratum,
            separator=asked.separator,
        )
    found = drawing.draw(cases, n=asked.n, seed=asked.seed)
    if asked.out.exists():
        raise UsageError(
            Problem(
                f"{asked.out} exists already, and may hold what an auditor has filled in.",
                "Name another file: --out FILE.",
            )
        )
    asked.out.write_text(found.csv(), encoding="utf-8", newline="\n")

    def tell(text: Text, **values: object) -> None:
        say(fill(Message("audit.draw", text, values), language))

    tell(
        _DRAWN,
        drawn=len(found.rows),
        cases=len(cases.labels),
        seed=str(asked.seed),
        file=str(asked.out),
    )
    if cases.stratum:
        show_rows(
            (name, fill(Message("audit.stratum", _STRATUM, {"drawn": n, "cases": m}), language))
            for name, (n, m) in found.by_stratum().items()
        )
    if cases.left_out:
        tell(_LEFT_OUT, rows=cases.left_out)
    tell(_LIST, digest=found.digest)
    say()
    by = f", stratum: {cases.stratum}" if cases.stratum else ""
    for text in _NEXT_STEPS:
        tell(text, found=drawing.FOUND, by=by, open="{", close="}")


def _only(asked: Asked, *others: str) -> None:
    """Refuse an option that the other kind of list takes."""
    given = [f"--{name}" for name in others if getattr(asked, name) is not None]
    if given:
        raise UsageError(
            Problem(
                f"{' and '.join(given)} does not go with this.",
                "A study's plan names its columns; a CSV file has no analyses.",
            )
        )
