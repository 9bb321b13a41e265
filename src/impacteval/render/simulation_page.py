"""A simulation for reading: the same blocks for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.contract.model import Contract
from impacteval.contract.saying import unit_of
from impacteval.render import format as fmt
from impacteval.render.blocks import Block, Cell, Column, Drawing, Items, Para, Section, Table
from impacteval.render.pen import Pen
from impacteval.simulation.advice_told import advice_sentences
from impacteval.simulation.answer_sentences import (
    along_sentences,
    headline,
    held_sentences,
    takes_back,
)
from impacteval.simulation.basis_sentences import assumptions, gap_sentences
from impacteval.simulation.characteristics import Money, Payment, Simulation
from impacteval.simulation.clause_sentences import clause_sentences
from impacteval.simulation.looks import pays_once
from impacteval.simulation.precision_sentences import alike, precisions_told
from impacteval.simulation.saying import (
    clause_text,
    in_hundred,
    mean_of_money,
    number_text,
    rule_words,
)
from impacteval.values import Language, Text

TITLE = Text(en="Before signing: {x}", fr="Avant de signer : {x}")
EFFECT = Text(en="True effect", fr="Effet réel")
SOMETHING = Text(en="Pays something (in 100)", fr="Verse quelque chose (sur 100)")
AVERAGE = Text(en="On average", fr="En moyenne")
NINE = Text(en="9 times in 10", fr="9 fois sur 10")
TO = Text(en="{a} to {b}", fr="de {a} à {b}")
RULE = Text(en="Evidence rule", fr="Règle de preuve")
OWN = Text(en="{x} (contract)", fr="{x} (contrat)")
IF_NOTHING = Text(en="Pays if nothing works (in 100)", fr="Verse si rien ne marche (sur 100)")
MEAN_NOTHING = Text(en="On average if nothing works", fr="En moyenne si rien ne marche")
IF_EFFECT = Text(en="If the effect is {x}", fr="Si l'effet est de {x}")
PAYS_AT = Text(en="Pays if the effect is {x} (in 100)", fr="Verse si l'effet est de {x} (sur 100)")
NOT_MET = Text(en="none", fr="aucun")
PARTY = Text(en="Party", fr="Partie")
PAYER = Text(en="pays: {x}", fr="paie : {x}")
LOST = Text(en="{x} loses, of {lent} lent", fr="{x} perd, sur {lent} prêtés")
BACK = Text(en="{x} gets back", fr="{x} récupère")

HEADINGS = {
    "answer": Text(en="If the programme does nothing", fr="Si le programme n'a aucun effet"),
    "payments": Text(
        en="What is paid at each true effect", fr="Ce qui est payé selon l'effet réel"
    ),
    "clauses": Text(en="Clause by clause", fr="Clause par clause"),
    "rules": Text(en="Under other evidence rules", fr="Avec d'autres règles de preuve"),
    "precision": Text(
        en="How precise the evaluation will be", fr="Quelle précision l'évaluation aura"
    ),
    "parties": Text(en="Who pays and who loses", fr="Qui paie et qui perd"),
    "advice": Text(en="What could be changed", fr="Ce qui pourrait être changé"),
    "engines": Text(en="How far the two engines agree", fr="Accord des deux moteurs"),
    "assumed": Text(en="What this rests on", fr="Sur quoi cela repose"),
}
PAYMENTS_CAPTION = Text(
    en="True effects in: {effect}. Amounts in {unit}; the last column holds nine payments in ten.",
    fr="Effets réels en : {effect}. Montants en {unit} ; la dernière colonne contient neuf paiements sur dix.",
)
CLAUSES_AT_LAST = Text(
    en="How often each clause is met at the last settlement, times in 100, by true effect",
    fr="Fréquence à laquelle chaque clause est remplie au dernier règlement, sur 100, selon l'effet réel",
)
CLAUSES_AT_ANY = Text(
    en="How often each clause is met at one of the looks, times in 100, by true effect",
    fr="Fréquence à laquelle chaque clause est remplie à l'une des lectures, sur 100, selon l'effet réel",
)
SETTLEMENT = Text(en="Settlement", fr="Règlement")
SO_FAR = Text(en="People so far (in 100)", fr="Personnes (sur 100)")
TAKES_BACK = Text(en="Takes back (in 100)", fr="Reprend (sur 100)")
ALONG_NOTHING = Text(
    en="Settlement by settlement, if the programme does nothing; amounts in {unit}",
    fr="Règlement par règlement, si le programme n'a aucun effet ; montants en {unit}",
)
ALONG_EFFECT = Text(
    en="Settlement by settlement, if the true effect is {x}; amounts in {unit}",
    fr="Règlement par règlement, si l'effet réel est de {x} ; montants en {unit}",
)
CLAUSES_CAPTION = Text(
    en="How often each clause is met, in 100 settlements, by true effect",
    fr="Fréquence à laquelle chaque clause est remplie, sur 100 règlements, selon l'effet réel",
)
STEPS_CAPTION = Text(
    en="{clause}: the furthest step reached, in 100 settlements, by true effect",
    fr="{clause} : le palier le plus élevé atteint, sur 100 règlements, selon l'effet réel",
)
RULES_CAPTION = Text(
    en="The same draws and payments, read under another rule",
    fr="Les mêmes tirages et les mêmes paiements, lus selon une autre règle",
)
PARTIES_CAPTION = Text(
    en="On average, in {currency}, by true effect",
    fr="En moyenne, en {currency}, selon l'effet réel",
)
PAYMENT_DRAWING = Text(
    en="The payment over the true effect: its average, and the band that holds nine payments in ten",
    fr="Le paiement selon l'effet réel : sa moyenne, et la bande qui contient neuf paiements sur dix",
)
CHANCE_DRAWING = Text(
    en="How often something is paid, and how often each clause is met",
    fr="Fréquence à laquelle quelque chose est payé et à laquelle chaque clause est remplie",
)
POWER_DRAWING = Text(
    en="{name}: how often an effect is told from nothing, by the size of the sample",
    fr="{name} : fréquence à laquelle un effet se distingue de zéro, selon la taille de l'échantillon",
)


def sections(
    found: Simulation,
    contract: Contract,
    language: Language,
    *,
    drawings: bool,
) -> tuple[Section, ...]:
    """Everything a simulation says, in one language.

    Parameters
    ----------
    found : Simulation
        What was found.
    contract : Contract
        The contract.
    language : Language
        Whose words.
    drawings : bool
        Whether to draw; only then is matplotlib loaded.
    """
    pen = Pen(language, found.currency)
    built: list[tuple[str, tuple[Block, ...]]] = [
        ("answer", tuple(_answer(found, contract, pen))),
        ("payments", tuple(_payments(found, contract, pen, drawings))),
        ("clauses", tuple(_clauses(found, contract, pen, drawings))),
        ("rules", tuple(_rules(found, contract.money_decimals, pen))),
        ("precision", tuple(_precision(found, contract, pen, drawings))),
        ("parties", tuple(_parties(found, contract.money_decimals, pen))),
        ("engines", tuple(_engines(found, contract.money_decimals, pen))),
        ("advice", tuple(_advice(found, contract, pen))),
        ("assumed", (Items(tuple(_fill(m, pen) for m in assumptions(found, contract))),)),
    ]
    kept = [(name, blocks) for name, blocks in built if blocks]
    return tuple(
        Section(k, f"simulation-{name}", fmt.pick(HEADINGS[name], language), blocks)
        for k, (name, blocks) in enumerate(kept, start=1)
    )


def _fill(message: object, pen: Pen) -> str:
    return fmt.fill(message, pen.language, pen.currency)  # type: ignore[arg-type]  # Said or Message


def _text(text: Text, pen: Pen, **values: str) -> str:
    return fmt.pick(text, pen.language).format(**values)


def _number(value: float, pen: Pen) -> str:
    return fmt.number(round(value, 10) + 0.0, pen.language)


def _times(chance: float, pen: Pen) -> str:
    return fmt.number(in_hundred(chance), pen.language)


def _money(value: Money, decimals: int, pen: Pen) -> str:
    """Money without its currency, which the table's caption names."""
    if value is None:
        return fmt.OPEN[pen.language]
    if value == "not_published":
        return fmt.NOT_PUBLISHED[pen.language]
    return fmt.number(mean_of_money(value, decimals), pen.language)


def unit_words(found: Simulation, contract: Contract, pen: Pen) -> str:
    """The unit of the true effect that varies."""
    if found.varies is None:
        return ""
    outcome = contract.outcomes[found.varies]
    if contract.is_percent(found.varies) and outcome.unit is None:
        return "%"
    return fmt.pick(unit_of(outcome), pen.language)


def _answer(found: Simulation, contract: Contract, pen: Pen) -> Iterator[Block]:
    yield Para(_fill(headline(contract, found), pen), "lead")
    told = [*along_sentences(contract, found), *held_sentences(contract, found)]
    said = [_fill(m, pen) for m in told]
    if said:
        yield Items(tuple(said))


def _payments(found: Simulation, contract: Contract, pen: Pen, drawings: bool) -> Iterator[Block]:
    columns = [
        Column(_text(EFFECT, pen)),
        Column(_text(SOMETHING, pen), "right"),
        Column(_text(AVERAGE, pen), "right"),
        Column(_text(NINE, pen), "right"),
    ]
    rows = [
        (
            Cell(_number(p.effect, pen)),
            Cell(_times(p.paid, pen)),
            Cell(_money(p.expected, contract.money_decimals, pen)),
            Cell(_range(p, contract.money_decimals, pen)),
        )
        for p in found.own.payments
    ]
    strong = tuple(k for k, p in enumerate(found.own.payments) if p.effect in found.marks)
    unit = unit_words(found, contract, pen)
    caption = _text(PAYMENTS_CAPTION, pen, unit=found.currency, effect=unit or "–")
    yield Table(caption, tuple(columns), tuple(rows), strong)
    yield from _along(found, contract, pen)
    if not drawings:
        return
    from impacteval.render.simulation_plots import chance_drawing, payment_drawing

    axis = f"{_text(EFFECT, pen)} ({unit})"
    for text, (wide, narrow) in (
        (PAYMENT_DRAWING, [payment_drawing(found, pen, axis, narrow=n) for n in _BOTH]),
        (CHANCE_DRAWING, [chance_drawing(contract, found, pen, axis, narrow=n) for n in _BOTH]),
    ):
        if wide is not None:
            yield Drawing(wide, _text(text, pen), _text(text, pen), None, narrow=narrow)


_BOTH = (False, True)
"""Every drawing is made for a wide and for a narrow screen."""


def _along(found: Simulation, contract: Contract, pen: Pen) -> Iterator[Block]:
    """Settlement by settlement, where they judge everybody so far: for noise, and at a threshold."""
    if not found.so_far:
        return
    back = takes_back(contract)
    heads = [SO_FAR, SOMETHING, *([TAKES_BACK] if back else []), AVERAGE]
    columns = (Column(_text(SETTLEMENT, pen)), *(Column(_text(h, pen), "right") for h in heads))
    top = max((m for m in found.marks if m in _effects(found)), default=None)
    for effect in dict.fromkeys(e for e in (found.nothing_at, top) if e is not None):
        nothing = effect == found.nothing_at
        caption = _text(
            ALONG_NOTHING if nothing else ALONG_EFFECT,
            pen,
            unit=found.currency,
            **({} if nothing else {"x": _number(effect, pen)}),
        )
        rows = [
            (
                Cell(str(k)),
                Cell(_times(at.so_far, pen)),
                Cell(_times(at.pays, pen)),
                *([Cell(_times(at.takes_back, pen))] if back else []),
                Cell(_money(at.expected, contract.money_decimals, pen)),
            )
            for k, at in enumerate(found.own.at(effect).settlements, start=1)
        ]
        yield Table(caption, columns, tuple(rows))


def _range(payment: Payment, decimals: int, pen: Pen) -> str:
    low, high = _money(payment.low, decimals, pen), _money(payment.high, decimals, pen)
    return low if low == high else _text(TO, pen, a=low, b=high)


def _clause_name(contract: Contract, name: str, group: str, pen: Pen) -> str:
    return fmt.pick(clause_text(contract, name, [group]), pen.language)


def _clauses(found: Simulation, contract: Contract, pen: Pen, drawings: bool) -> Iterator[Block]:
    said = tuple(_fill(m, pen) for m in clause_sentences(contract, found))
    if said:
        yield Items(said)
    payments = found.own.payments
    clauses = payments[0].clauses
    columns = (
        Column(_text(EFFECT, pen)),
        *(Column(_clause_name(contract, c.name, c.group, pen), "right") for c in clauses),
    )
    rows = tuple(
        (Cell(_number(p.effect, pen)), *(Cell(_times(c.met, pen)) for c in p.clauses))
        for p in payments
    )
    caption = CLAUSES_AT_LAST if found.so_far else CLAUSES_CAPTION
    if any(pays_once(contract, found.settlements)):
        caption = CLAUSES_AT_ANY
    yield Table(_text(caption, pen), columns, rows)
    for k, clause in enumerate(clauses):
        if len(clause.steps) < 2:
            continue
        name = _clause_name(contract, clause.name, clause.group, pen)
        heads = [_number(s.threshold, pen) for s in clause.steps]
        yield Table(
            _text(STEPS_CAPTION, pen, clause=name),
            (
                Column(_text(EFFECT, pen)),
                Column(_text(NOT_MET, pen), "right"),
                *(
                    Column(pen.words(f"operator.{s.operator}", x=head), "right")
                    for s, head in zip(clause.steps, heads, strict=True)
                ),
            ),
            tuple(
                (
                    Cell(_number(p.effect, pen)),
                    Cell(_times(max(0.0, 1.0 - sum(s.chance for s in p.clauses[k].steps)), pen)),
                    *(Cell(_times(s.chance, pen)) for s in p.clauses[k].steps),
                )
                for p in payments
            ),
        )


def _rules(found: Simulation, decimals: int, pen: Pen) -> Iterator[Block]:
    if len(found.rules) < 2:
        return
    top = max((m for m in found.marks if m in _effects(found)), default=None)
    columns = [Column(_text(RULE, pen))]
    if found.nothing_at is not None:
        columns.append(Column(_text(IF_NOTHING, pen), "right"))
        columns.append(Column(_text(MEAN_NOTHING, pen), "right"))
    elif not top:
        return
    if top:
        columns.append(Column(_text(PAYS_AT, pen, x=_number(top, pen)), "right"))
    rows = []
    for under in found.rules:
        name = fmt.pick(rule_words(under.rule), pen.language)
        cells = [Cell(_text(OWN, pen, x=name) if under.own else name)]
        if found.nothing_at is not None:
            zero = under.at(found.nothing_at)
            cells.append(Cell(_times(zero.paid, pen)))
            cells.append(Cell(_money(zero.expected, decimals, pen)))
        if top:
            cells.append(Cell(_times(under.at(top).paid, pen)))
        rows.append(tuple(cells))
    yield Table(_text(RULES_CAPTION, pen), tuple(columns), tuple(rows), (0,))


def _effects(found: Simulation) -> set[float]:
    return {p.effect for p in found.own.payments}


def _precision(found: Simulation, contract: Contract, pen: Pen, drawings: bool) -> Iterator[Block]:
    said = tuple(_fill(m, pen) for m in precisions_told(contract, found))
    if said:
        yield Items(said)
    if not drawings:
        return
    from impacteval.render.simulation_plots import power_drawing

    for precision, groups in alike(found):
        drawn, narrow = (power_drawing(precision, pen, narrow=n) for n in _BOTH)
        if drawn is not None:
            name = fmt.pick(number_text(contract, precision.outcome, groups), pen.language)
            text = _text(POWER_DRAWING, pen, name=name)
            yield Drawing(drawn, text, text, None, narrow=narrow)


def _advice(found: Simulation, contract: Contract, pen: Pen) -> Iterator[Block]:
    """What would hold the risk of a false payment, and what each party gives up."""
    if not found.advice:
        return
    yield Items(tuple(_fill(m, pen) for m in advice_sentences(contract, found)))


def _parties(found: Simulation, decimals: int, pen: Pen) -> Iterator[Block]:
    payments = found.own.payments
    first = payments[0]
    if not first.payers and not first.lenders:
        return
    shown = [p for p in payments if p.effect in (found.nothing_at or 0.0, *found.marks)] or [first]
    columns = (
        Column(_text(PARTY, pen)),
        *(Column(_text(IF_EFFECT, pen, x=_number(p.effect, pen)), "right") for p in shown[:5]),
    )

    rows = [
        (
            Cell(_text(PAYER, pen, x=fmt.pick(payer.name, pen.language))),
            *(Cell(_money(p.payers[k].mean, decimals, pen)) for p in shown[:5]),
        )
        for k, payer in enumerate(first.payers)
    ]
    rows += [
        (
            Cell(_text(text, pen, lent=fmt.number(layer.lent, pen.language), x=layer.name)),
            *(Cell(_money(getattr(p.lenders[k], key), decimals, pen)) for p in shown[:5]),
        )
        for k, layer in enumerate(first.lenders)
        for text, key in ((BACK, "back"), (LOST, "lost"))
    ]
    yield Table(_text(PARTIES_CAPTION, pen, currency=found.currency), columns, tuple(rows))


ENGINES_CAPTION = Text(
    en="How often something is paid, in 100 settlements, and the average payment in {currency}",
    fr="Fréquence d'un paiement, sur 100 règlements, et paiement moyen en {currency}",
)
BY_NORMAL = Text(en="Normal approximation", fr="Approximation normale")
BY_DATA = Text(en="Simulated data", fr="Données simulées")
AVERAGE_NORMAL = Text(en="Average, normal", fr="Moyenne, normale")
AVERAGE_DATA = Text(en="Average, data", fr="Moyenne, données")


def _engines(found: Simulation, decimals: int, pen: Pen) -> Iterator[Block]:
    said = tuple(_fill(m, pen) for m in gap_sentences(found))
    if said:
        yield Items(said)
    if not found.gaps:
        return
    heads = (BY_NORMAL, BY_DATA, AVERAGE_NORMAL, AVERAGE_DATA)
    rows = tuple(
        (
            Cell(_number(g.effect, pen)),
            Cell(_times(g.paid_normal, pen)),
            Cell(_times(g.paid_full, pen)),
            Cell(_money(g.expected_normal, decimals, pen)),
            Cell(_money(g.expected_full, decimals, pen)),
        )
        for g in found.gaps
    )
    caption = _text(ENGINES_CAPTION, pen, currency=found.currency)
    yield Table(
        caption,
        (Column(_text(EFFECT, pen)), *(Column(_text(h, pen), "right") for h in heads)),
        rows,
    )
