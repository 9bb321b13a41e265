"""What the plan says causes what, as the record writes it."""

from __future__ import annotations

import itertools

from impacteval.contract import Contract
from impacteval.plan import Analysis, CausalGraph, Drawn, drawn
from impacteval.report.findings import Finding
from impacteval.report.record_causes import CauseArrow, CauseNode, CausesFacts
from impacteval.report.record_values import Both, Said
from impacteval.values import Message, Text

MOST_TOLD = 5
"""Ways through what nobody measured that are told one by one."""

_SERVICE = Text(en="being served", fr="être servi")


def causes_of(finding: Finding, contract: Contract) -> CausesFacts | None:
    """The graph of a finding; of several designs combined, the first that has one."""
    analyses = [part.finding.analysis for part in finding.parts] or [finding.analysis]
    found = (causes_facts(analysis, contract) for analysis in analyses)
    return next((facts for facts in found if facts is not None), None)


def causes_facts(analysis: Analysis, contract: Contract) -> CausesFacts | None:
    """The graph of an analysis, and what follows from it; None where the plan draws none."""
    if analysis.graph is None:
        return None
    found = drawn(analysis.graph, analysis.columns, analysis.columns.covariates)
    labels = {
        node: _label(node, found, analysis.graph, analysis, contract) for node in found.causes.nodes
    }
    return CausesFacts(
        nodes=tuple(
            CauseNode(name=node, label=Both.of(labels[node]), kind=found.kind(node))
            for node in found.causes.nodes
        ),
        arrows=tuple(CauseArrow(cause=a, effect=b) for a, b in found.causes.edges),
        said=(Said.of(_closed(found, labels)),),
        assumed=tuple(Said.of(said) for said in _assumed(found, labels)),
    )


def _label(
    node: str, found: Drawn, graph: CausalGraph, analysis: Analysis, contract: Contract
) -> Text:
    """What a thing is called for people."""
    named = graph.names.get(node) or analysis.covariate_names.get(node)
    if named is not None:
        return named.text()
    if node == found.service:
        return _SERVICE
    if node == found.outcome:
        return contract.outcomes[analysis.outcome].plain_name.text()
    plain = node.replace("_", " ")
    return Text(en=plain, fr=plain)


def _closed(found: Drawn, labels: dict[str, Text]) -> Message:
    """Whether what is measured and held fixed closes every way."""
    if not [*found.causes.back_doors(found.service, found.outcome, frozenset())]:
        return Message(
            "causes.no-way",
            Text(
                en="By the graph in the plan, nothing that decides who is served also bears on the outcome, so that the groups can be compared as they are.",
                fr="D'après le graphe du plan d'analyse, rien de ce qui décide de qui est servi ne pèse aussi sur le résultat : les groupes peuvent être comparés tels quels.",
            ),
        )
    held = [labels[node] for node in found.held if node in labels]
    if not held:
        return Message(
            "causes.nothing-held",
            Text(
                en="By the graph in the plan, nothing that was measured could close the ways by which something else ties being served to the outcome.",
                fr="D'après le graphe du plan d'analyse, rien de ce qui a été mesuré ne pourrait fermer les voies par lesquelles autre chose lie le fait d'être servi au résultat.",
            ),
        )
    named = Text(en=", ".join(t.en for t in held), fr=", ".join(t.fr for t in held))
    return Message(
        "causes.closed",
        Text(
            en="By the graph in the plan, comparing people alike in these closes every way, among what was measured, by which something else ties being served to the outcome: {held:text}.",
            fr="D'après le graphe du plan d'analyse, comparer des personnes semblables à ces égards ferme toutes les voies, parmi ce qui a été mesuré, par lesquelles autre chose lie le fait d'être servi au résultat : {held:text}.",
        ),
        {"held": named},
    )


def _assumed(found: Drawn, labels: dict[str, Text]) -> list[Message]:
    ways = found.untestable()
    told = [
        Message(
            "causes.assumed",
            Text(
                en="This way stays open, for nobody measured what could close it: {way:text}. That it weighs little is assumed; the data of this study cannot test it.",
                fr="Cette voie reste ouverte, car personne n'a mesuré ce qui pourrait la fermer : {way:text}. On suppose qu'elle pèse peu ; les données de cette étude ne peuvent le vérifier.",
            ),
            {"way": _way(found, path, labels)},
        )
        for path in ways[:MOST_TOLD]
    ]
    if len(ways) > MOST_TOLD:
        told.append(
            Message(
                "causes.assumed-more",
                Text(
                    en="{more:int} further {more:plural:way|ways} through what nobody measured {more:plural:stays|stay} open as well.",
                    fr="{more:int} {more:plural:autre voie|autres voies} par ce que personne n'a mesuré {more:plural:reste ouverte|restent ouvertes} également.",
                ),
                {"more": len(ways) - MOST_TOLD},
            )
        )
    return told


def _way(found: Drawn, path: tuple[str, ...], labels: dict[str, Text]) -> Text:
    edges = set(found.causes.edges)
    written = []
    for language in ("en", "fr"):
        text = labels[path[0]][language]
        for before, node in itertools.pairwise(path):
            text += f" {'→' if (before, node) in edges else '←'} {labels[node][language]}"
        written.append(text)
    return Text(en=written[0], fr=written[1])
