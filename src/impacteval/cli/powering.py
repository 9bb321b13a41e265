"""The command `power`: from what was typed to what a reader sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impacteval.cli.commands import pairs
from impacteval.cli.show import progress, say, show_json
from impacteval.cli.simulating import show_section
from impacteval.errors import Problem, UsageError
from impacteval.values import Language, Scale, Text

if TYPE_CHECKING:
    from impacteval.inference.declared import Declared
    from impacteval.power import PlannedTrial, Simulate

WRITTEN = Text(en="The plan is in {x}:", fr="Le plan est dans {x} :")

_WHOLE = {"served", "compared", "blocks"}
_SHARES = {"icc", "cluster_cv", "between", "explained", "baseline", "sd", "variance_over_mean"}
_PAIRS = {"lost", "take_up"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed."""

    given: tuple[str, ...]
    tried: tuple[str, ...]
    effect: float | None
    threshold: float
    level: float
    sides: str | None
    power: float
    simulate: bool
    estimator: str | None
    settings: tuple[str, ...]
    contract: Path | None
    draws: int | None
    seed: int
    looks: str | None = None
    spending: Declared | None = None


def power(asked: Asked, out: Path | None, *, as_json: bool, language: Language) -> None:
    """Plan a trial and show what it can find."""
    from impacteval.power import Test, power_plan

    trial = _trial(dict(pairs(asked.given)))
    sides = asked.sides or ("two" if asked.threshold == 0.0 else "one")
    test = Test(asked.threshold, asked.level, sides)
    grid = {key: _values(key, text, trial) for key, text in pairs(asked.tried).items()}
    with progress():
        plan = power_plan(
            trial,
            test,
            effect=asked.effect,
            power=asked.power,
            grid=grid,
            simulate=_simulate(asked),
            looks=_looks(asked),
            spending=asked.spending or "obrien_fleming",
        )
        written: tuple[Path, ...] = ()
        if out is not None:
            from impacteval.render.power_page import write_power

            written = write_power(plan, out)
    if as_json:
        from impacteval.power.record import to_json

        show_json(to_json(plan))
        return
    from impacteval.render.power_page import sections

    for section in sections(plan, language, drawings=False):
        show_section(section, first=section.number == 1)
    if written:
        say()
        say(WRITTEN[language].format(x=out))
        for file in written:
            say(str(file), indent="  ")


def _trial(given: Mapping[str, str]) -> PlannedTrial:
    """The trial that was typed; everything that is wrong at once."""
    from impacteval.power import PlannedTrial
    from impacteval.simulation.assumed import Kind

    typed = dict(given)
    problems: list[Problem] = []
    values: dict[str, Any] = {"kind": Kind.NORMAL}
    people = typed.pop("people", None)
    clusters = typed.pop("clusters", None)
    for key, text in typed.items():
        try:
            values[key] = _value(key, text)
        except ValueError as error:
            problems.append(Problem(f"--set {key}={text}: {error}", _HOW))
    for key, typed_pair in (("people", people), ("clusters", clusters)):
        if typed_pair is None:
            continue
        try:
            first, second = _halves(typed_pair)
        except ValueError as error:
            problems.append(Problem(f"--set {key}={typed_pair}: {error}", _HOW))
            continue
        if key == "clusters":
            values["clusters"] = (first, second)
        elif {"served", "compared"} & set(values):
            problems.append(
                Problem("people says what served and compared say too.", "Give one or the other.")
            )
        else:
            values["served"], values["compared"] = first, second
    if not problems and not {"served", "compared"} <= set(values):
        problems.append(
            Problem("How many people there will be is not said.", "Give --set people=1000.")
        )
    if problems:
        raise UsageError(problems)
    try:
        return PlannedTrial(**values)
    except ValueError as error:
        raise UsageError(Problem(str(error), _HOW)) from None


_KEYS = (
    "people (both arms, or served and compared as 600,400), kind, baseline, sd, variance_over_mean, "
    "scale, better, clusters (both arms, or 20,20), icc, cluster_cv, blocks, between, explained, "
    "lost, take_up, participants"
)
_HOW = f"Known: {_KEYS}."


def _halves(text: str) -> tuple[int, int]:
    """Two arms: both given, or one number that is halved."""
    parts = text.split(",")
    if len(parts) == 2:
        return _whole(parts[0]), _whole(parts[1])
    whole = _whole(text)
    return whole - whole // 2, whole // 2


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number.") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number.") from None


def _value(key: str, text: str) -> Any:
    from impacteval.simulation.assumed import Kind

    if key in _WHOLE:
        return _whole(text)
    if key in _SHARES:
        return _number(text)
    if key in _PAIRS:
        parts = [_number(part) for part in text.split(",")]
        if len(parts) > 2:
            raise ValueError("give one share, or programme and comparison as 0.6,0.1.")
        other = 0.0 if key == "take_up" else parts[0]
        return (parts[0], parts[1] if len(parts) == 2 else other)
    if key == "participants":
        if text not in ("yes", "no"):
            raise ValueError("say yes or no.")
        return text == "yes"
    if key == "kind":
        if text not in list(Kind):
            raise ValueError(f"allowed: {', '.join(Kind)}.")
        return Kind(text)
    if key == "scale":
        if text not in list(Scale):
            raise ValueError(f"allowed: {', '.join(Scale)}.")
        return Scale(text)
    if key == "better":
        if text not in ("higher", "lower"):
            raise ValueError("allowed: higher, lower.")
        return text
    if key == "people":
        raise ValueError("people are tried as served and compared.")
    raise ValueError("there is no such key.")


def _values(key: str, text: str, trial: PlannedTrial) -> Sequence[Any]:
    """The values to try of one key; those of pairs are parted by semicolons."""
    paired = key in (*_PAIRS, "people", "clusters")
    parts = [p.strip() for p in text.split(";" if paired and ";" in text else ",") if p.strip()]
    try:
        if key == "clusters":
            return [_halves(p) for p in parts]
        if key == "effect":
            return [_number(p) for p in parts]
        if key == "estimator":
            return parts
        return [_value(key, p) for p in parts]
    except ValueError as error:
        raise UsageError(
            Problem(f"--try {key}={text}: {error}", f"{_HOW} Also: effect, estimator.")
        ) from None


def _looks(asked: Asked) -> tuple[float, ...]:
    if asked.looks is None:
        if asked.spending is not None:
            raise UsageError(
                Problem("--spending belongs to looks, and none are planned.", "Add --looks 0.5,1.")
            )
        return ()
    try:
        return tuple(_number(part) for part in asked.looks.split(","))
    except ValueError as error:
        raise UsageError(
            Problem(f"--looks {asked.looks}: {error}", "Give shares such as 0.5,1.")
        ) from None


def _simulate(asked: Asked) -> Simulate | None:
    if not asked.simulate:
        typed = {
            "--estimator": asked.estimator,
            "--setting": asked.settings or None,
            "--contract": asked.contract,
            "--draws": asked.draws,
        }
        alone = [
            Problem(f"{name} belongs to a simulation, and none is asked for.", "Add --simulate.")
            for name, value in typed.items()
            if value is not None
        ]
        if alone:
            raise UsageError(alone)
        return None
    from impacteval.power import Simulate, paid_by
    from impacteval.power.diagnose import DRAWS
    from impacteval.study.looks import load_checked

    import yaml  # isort: skip  # only here: a setting is typed as a plan would have it

    settings = tuple((k, yaml.safe_load(v)) for k, v in pairs(asked.settings).items())
    return Simulate(
        estimator=asked.estimator or "difference-in-means",
        settings=settings,
        draws=DRAWS if asked.draws is None else asked.draws,
        seed=asked.seed,
        contract=None if asked.contract is None else paid_by(load_checked(asked.contract)),
    )
