"""What stands between the price of results and what is paid: bounds, ledgers, payers, lenders."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from impacteval.contract.clauses import WRITE_NONE, Share, or_none
from impacteval.contract.money import MoneyAmount
from impacteval.contract.paperwork import CURRENCY_ELSEWHERE, Portion, Source
from impacteval.files import Bool, FileModel, PlainWords, Positive, Slug, refuse


class Cap(FileModel):
    """The most that is paid, and over what."""

    ELSEWHERE: ClassVar[Mapping[str, str]] = CURRENCY_ELSEWHERE

    amount: MoneyAmount = Field(description="the most that is paid, or not_published")
    over: Literal["settlement", "contract"] = "contract"
    source: Source | None = None


class NetOf(FileModel):
    """Other public money for the same results, which is taken off what is due."""

    name: Slug = Field(description="the name under which that money is given at a settlement")
    what: PlainWords = Field(description="which money that is")
    source: Source | None = None


class Cumulative(FileModel):
    """Each settlement pays what the results so far are worth, less what was paid before."""

    clawback: Bool = Field(
        description="whether what was paid too much is taken back: true or false"
    )
    source: Source | None = None


class PayerShare(FileModel):
    """One payer and its share of each payment."""

    payer: PlainWords = Field(description="who pays this share")
    share: Share = Field(description="the share of each payment, or not_published")
    source: Source | None = None


class Layer(FileModel):
    """One part of the capital, in the order in which it bears losses."""

    ELSEWHERE: ClassVar[Mapping[str, str]] = CURRENCY_ELSEWHERE

    name: Slug = Field(description="the layer's name")
    lender: PlainWords = Field(description="whose money it is")
    rank: Literal["first_loss", "mezzanine", "senior"] = Field(
        description="when it bears losses: first_loss, mezzanine or senior"
    )
    amount: Positive = Field(description="how much was lent")
    gain_up_to: Annotated[
        MoneyAmount | None,
        BeforeValidator(or_none, json_schema_input_type=MoneyAmount | Literal["none"]),
        WRITE_NONE,
    ] = Decimal(0)
    source: Source | None = None


class Guarantee(FileModel):
    """Somebody who makes good a part of what a layer loses."""

    ELSEWHERE: ClassVar[Mapping[str, str]] = CURRENCY_ELSEWHERE

    by: PlainWords = Field(description="who guarantees")
    layer: Slug = Field(description="the layer whose losses are guaranteed")
    share: Portion = Decimal(1)
    up_to: MoneyAmount = Field(description="the most that is made good, or not_published")
    source: Source | None = None


_RANKS = ("first_loss", "mezzanine", "senior")


class Waterfall(FileModel):
    """Who gets back what of the capital, and who bears which loss."""

    layers: tuple[Layer, ...] = Field(
        description="the layers, the first to lose first", min_length=1
    )
    guarantee: Guarantee | None = None
    source: Source | None = None

    @model_validator(mode="after")
    def _in_rank(self) -> Self:
        problems: list[tuple[tuple[str | int, ...], str, str]] = []
        ranks = [_RANKS.index(layer.rank) for layer in self.layers]
        names = [layer.name for layer in self.layers]
        for k in range(1, len(self.layers)):
            if ranks[k] < ranks[k - 1]:
                problems.append(
                    (
                        ("layers", k, "rank"),
                        (
                            f"The layer `{names[k]}` is {self.layers[k].rank} and stands after one "
                            f"that is {self.layers[k - 1].rank}."
                        ),
                        "Put the layers in the order in which they bear losses.",
                    )
                )
            if names[k] in names[:k]:
                problems.append(
                    (("layers", k, "name"), f"Two layers are called `{names[k]}`.", "Rename one.")
                )
        if self.guarantee is not None and self.guarantee.layer not in names:
            problems.append(
                (
                    ("guarantee", "layer"),
                    f"`{self.guarantee.layer}` is not a layer of this waterfall.",
                    f"Its layers: {', '.join(names)}.",
                )
            )
        refuse(problems)
        return self
