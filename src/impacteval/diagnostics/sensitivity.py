"""The checks of hidden traits, as plans and contracts name them."""

from impacteval.diagnostics.e_value import E_VALUE, hidden_ratio
from impacteval.diagnostics.entry import DiagnosticEntry
from impacteval.diagnostics.robustness import ROBUSTNESS_VALUE, hidden_share
from impacteval.values import Text

SENSITIVITY = (
    DiagnosticEntry(
        E_VALUE,
        Text(en="A hidden trait, by ratios (E-value)", fr="Un trait caché, en rapports (E-value)"),
        Text(
            en="How strong would a trait that nobody measured have to be for the payment to change?",
            fr="Quelle force devrait avoir un trait que personne n'a mesuré pour que le paiement change ?",
        ),
        Text(
            en="One over the E-value to the nearest payment threshold, or to no effect without one: 1 where no hidden trait is needed, 0.5 where it would have to double both",
            fr="Un divisé par l'E-value jusqu'au seuil de paiement le plus proche, ou jusqu'à l'absence d'effet s'il n'y en a pas : 1 si aucun trait caché n'est nécessaire, 0,5 s'il devait doubler les deux",
        ),
        hidden_ratio,
        planned=True,
    ),
    DiagnosticEntry(
        ROBUSTNESS_VALUE,
        Text(
            en="A hidden trait, by shares explained (robustness value)",
            fr="Un trait caché, en parts expliquées (valeur de robustesse)",
        ),
        Text(
            en="How much would a trait that nobody measured have to explain for the payment to change?",
            fr="Quelle part devrait expliquer un trait que personne n'a mesuré pour que le paiement change ?",
        ),
        Text(
            en="One minus the robustness value to the nearest payment threshold, or to no effect without one: 1 where no hidden trait is needed",
            fr="Un moins la valeur de robustesse jusqu'au seuil de paiement le plus proche, ou jusqu'à l'absence d'effet s'il n'y en a pas : 1 si aucun trait caché n'est nécessaire",
        ),
        hidden_share,
        planned=True,
    ),
)
