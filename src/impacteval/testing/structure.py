"""Checks of what an estimator says about itself and of the shape of what it returns."""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError, fields
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from impacteval.canonical import canonical, digest
from impacteval.errors import InputError, NotIdentified, UsageError
from impacteval.plugin import Concerned, Estimator, MethodCard
from impacteval.testing.bench import Bench, close, fingerprint, messages, require
from impacteval.values import Message, Scale, Text

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate

FORMATS = frozenset({"", "int", "number", "number1", "percent", "money", "text"})
# Below this many words a French text may well be the English one: a name, a formula.
FEW_WORDS = 4


def settings(estimator: Estimator) -> None:
    """Settings are the fields of a frozen dataclass that can be built with none."""
    cls = type(estimator)
    bare: Any = cls()
    require(bare == cls(), f"{cls.__name__}() is not equal to {cls.__name__}().")
    require(hash(bare) == hash(cls()), f"{cls.__name__}() has no stable hash.")
    digest({f.name: getattr(estimator, f.name) for f in fields(bare) if f.init})
    for f in fields(bare):
        try:
            setattr(bare, f.name, getattr(bare, f.name))
        except FrozenInstanceError:
            continue
        raise AssertionError(f"the setting {f.name!r} can be changed after the estimator is built.")


def card(estimator: Estimator) -> None:
    """The card speaks plainly in both languages and declares designs and scales once each."""
    own = estimator.card
    for place, text in _card_texts(own):
        _check_text(f"the card's {place}", text)
    for name, values in (("designs", own.designs), ("scales", own.scales)):
        require(len(set(values)) == len(values), f"the card's {name} repeat themselves: {values}.")
    require(all(reference.strip() for reference in own.references), "a reference is empty.")


def _card_texts(own: MethodCard) -> Iterator[tuple[str, Text]]:
    yield "title", own.title
    yield "description", own.description
    for name in ("assumptions", "limits"):
        for k, text in enumerate(getattr(own, name), 1):
            yield f"{name} ({k})", text


def _agrees_in_number(form: str) -> bool:
    """Whether a format chooses between a word for one and a word for several."""
    one, _, several = form.removeprefix("plural:").partition("|")
    return form.startswith("plural:") and bool(one and several)


def _check_text(place: str, text: Text) -> None:
    require(isinstance(text, Text), f"{place} is not a Text but {text!r}.")
    for language in ("en", "fr"):
        require(bool(text[language].strip()), f"{place} is empty in {language}.")
        for _, name, form, _ in string.Formatter().parse(text[language]):
            require(
                name is None or (form or "") in FORMATS or _agrees_in_number(form or ""),
                f"{place} writes {name!r} in the unknown format {form!r}.",
            )
    words = text.en.split()
    require(
        text.en.strip() != text.fr.strip() or len(words) < FEW_WORDS,
        f"{place} is the same in French as in English: {text.en!r}.",
    )


def answers(bench: Bench) -> None:
    """At least one kind of known-truth sample is answered on every scale of the card."""
    require(set(bench.estimates) == set(bench.scales), "a declared scale is not answered.")


def texts(bench: Bench) -> None:
    """Every message of an estimate stands in both languages."""
    for estimate in bench.estimates.values():
        for message in messages(estimate):
            _check_text(f"the message {message.key!r}", message.text)


def scales(bench: Bench) -> None:
    """Declared scales are answered, others refused; a word names a scale as well as a value."""
    own, sample = bench.estimator, bench.sample
    for scale, estimate in bench.estimates.items():
        require(estimate.scale is scale, f"asked for {scale}, answered on {estimate.scale}.")
        word: Any = str(scale)
        again = own.estimate(sample, scale=word, rng=np.random.default_rng(_seed()))
        require(
            fingerprint(again) == fingerprint(estimate),
            f"scale {word!r} as a word answers something else than the scale itself.",
        )
    for scale in set(Scale) - set(own.card.scales):
        try:
            bench.estimate(sample, scale)
        except UsageError:
            continue
        raise AssertionError(f"scale {scale} is not on the card and is answered all the same.")
    if Scale.RELATIVE in bench.scales:
        below = bench.known.with_column("y", bench.known.columns["y"] - 100.0).sample()
        _must_refuse(bench, below, Scale.RELATIVE, "means that are not positive")
        logs = bench.known.with_roles(log_outcome=True).sample()
        _must_refuse(bench, logs, Scale.RELATIVE, "an outcome declared as a logarithm")


def _seed() -> int:
    from impacteval.testing.bench import SEED

    return SEED


def _must_refuse(bench: Bench, sample: Any, scale: Scale, why: str) -> None:
    try:
        bench.estimate(sample, scale)
    except NotIdentified as error:
        _check_text(f"the reason {error.reason.key!r}", error.reason.text)
    except InputError:
        pass
    else:
        raise AssertionError(f"scale {scale} is answered with {why}.")


def invariants(bench: Bench) -> None:
    """An estimate names what it is about, and its parts agree with each other."""
    from impacteval.estimates import ConfidenceDistribution

    kinds = get_args(ConfidenceDistribution)
    for scale, estimate in bench.estimates.items():
        own = type(bench.estimator)
        require(estimate.estimator == own.name, f"calls itself {estimate.estimator!r}.")
        require(estimate.outcome == "y", f"says the outcome is {estimate.outcome!r}, not 'y'.")
        require(estimate.design == bench.design, f"says the design is {estimate.design!r}.")
        require(
            type(estimate.effect.distribution) in kinds,
            f"the distribution is a {type(estimate.effect.distribution).__name__}, "
            "which is not one of the confidence distributions.",
        )
        told = {f.name: getattr(bench.estimator, f.name) for f in fields(bench.estimator) if f.init}  # type: ignore[arg-type]  # a dataclass: contract_breaches saw it
        require(
            canonical(dict(estimate.settings)) == canonical(told),
            f"says its settings are {dict(estimate.settings)}, but they are {told}.",
        )
        _check_std_error(scale, estimate)
        _check_periods(estimate)


def _check_std_error(scale: Scale, estimate: CounterfactualEstimate) -> None:
    from impacteval.estimates import LogRatioT, StudentT

    effect = estimate.effect
    match effect.distribution:
        case StudentT(scale=spread):
            expected = spread
        case LogRatioT(scale=spread):
            expected = spread * math.exp(effect.distribution.log_ratio)
        case _:
            return
    require(
        effect.std_error is not None and close(effect.std_error, expected, tolerance=1e-6),
        f"the standard error on {scale} is {effect.std_error}, "
        f"but its own distribution implies {expected}.",
    )


def _check_periods(estimate: CounterfactualEstimate) -> None:
    for period in estimate.periods:
        inside = math.isnan(period.low) or period.low <= period.counterfactual <= period.high
        require(inside, f"the counterfactual of period {period.period!r} is outside its interval.")
    if len(estimate.periods) == 1:
        (only,) = estimate.periods
        for name in ("observed", "counterfactual"):
            require(
                close(getattr(only, name), getattr(estimate, name)),
                f"{name} differs between the estimate and its only period.",
            )


def counts(bench: Bench) -> None:
    """Everyone in the sample is counted, on the side where they were."""
    matrix = bench.sample.matrix()
    require(
        matrix.treatment is not None or bench.against != "data",
        "the plain sample of a design needs a treatment column.",
    )
    # Without a comparison in the data everyone is treated, and nobody else is counted.
    # Where units are followed, those count as treated who are so in some period.
    arm = np.ones(matrix.n) if matrix.treatment is None else matrix.treatment
    units = len(matrix.unit.labels)
    treated = len(np.unique(matrix.unit.codes[arm == 1.0]))
    comparison = units - treated
    for scale, estimate in bench.estimates.items():
        require(
            estimate.against == bench.against,
            f"on {scale} the effect is said to be held against {estimate.against}, and the sample "
            f"holds it against {bench.against}.",
        )
        require(
            (estimate.n_treated, estimate.n_comparison) == (treated, comparison),
            f"on {scale} {estimate.n_treated} treated and {estimate.n_comparison} comparison units "
            f"are counted; the sample has {treated} and {comparison}.",
        )


def treated_clusters(bench: Bench) -> None:
    """Treated places are counted at the level where the service was assigned."""
    for maker in bench.answered:
        known = maker(_seed())
        found = bench.estimate(known.sample(), bench.scales[0]).treated_clusters
        require(
            found == known.treated_clusters,
            f"{found} treated clusters in the {maker.name!r} sample, which has "
            f"{known.treated_clusters}.",
        )


def not_identified(bench: Bench) -> None:
    """An outcome that never varies gives a reason, never a number."""
    flat = bench.known.with_column("y", np.full(len(bench.known.columns["y"]), 3.0)).sample()
    for scale in bench.scales:
        try:
            found = bench.estimate(flat, scale)
        except NotIdentified as error:
            _check_text(f"the reason {error.reason.key!r}", error.reason.text)
        else:
            raise AssertionError(
                f"on {scale} an outcome that never varies gives {found.effect.value}."
            )


def concerns(bench: Bench) -> None:
    """Concerns are messages in both languages, and the order of the rows has no say in them."""
    own = bench.estimator
    assert isinstance(own, Concerned)
    for maker in bench.makers:
        known = maker(_seed())
        found = own.concerns(known.sample().blind)
        require(isinstance(found, tuple), f"concerns are a {type(found).__name__}, not a tuple.")
        for said in found:
            require(isinstance(said, Message), f"a concern is {said!r}, not a Message.")
            _check_text(f"the concern {said.key!r}", said.text)
        order = np.random.default_rng(_seed()).permutation(len(known.columns["y"]))
        again = own.concerns(known.taken(order).sample().blind)
        require(again == found, "asked again with the rows in another order, its concerns differ.")


CLASS_CHECKS: tuple[tuple[str, Callable[[Estimator], None]], ...] = (
    ("settings", settings),
    ("card", card),
)
BENCH_CHECKS: tuple[tuple[str, Callable[[Bench], None]], ...] = (
    ("answers", answers),
    ("texts", texts),
    ("scales", scales),
    ("invariants", invariants),
    ("counts", counts),
    ("treated_clusters", treated_clusters),
    ("not_identified", not_identified),
)
CONCERN_CHECKS: tuple[tuple[str, Callable[[Bench], None]], ...] = (("concerns", concerns),)
