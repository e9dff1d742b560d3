"""The money equation: what the wallet holds beyond the allowances is exactly what is on its way."""

from typing import TypedDict

from contracts.cards import AllowanceTotals
from contracts.wallet import WalletTotals


class Equation(TypedDict):
    """``drift_cents`` must be 0 and ``faults`` empty; ``on_the_way_cents`` is 0 when the bus is quiet."""

    terms: dict[str, int]
    on_the_way_cents: int
    drift_cents: int
    faults: list[str]


def money_equation(wallet: WalletTotals, cards: AllowanceTotals) -> Equation:
    """Both sides, each term from its own table and from one moment (design: the scan, §3)."""
    on_the_way = {
        "credits announced, not yet raised": wallet["announced_cents"] - cards["raised_cents"],
        "redemptions recorded, not yet debited": cards["drawn_cents"] - wallet["debited_cents"],
        "releases lowered, not yet moved": cards["released_cents"] - wallet["returned_cents"],
    }
    held = {"wallet balance": wallet["balance_cents"], "allowance": cards["allowance_cents"]}
    total = sum(on_the_way.values())
    return {
        "terms": {**held, **on_the_way},
        "on_the_way_cents": total,
        "drift_cents": wallet["balance_cents"] - cards["allowance_cents"] - total,
        "faults": [f"negative: {name}" for name, cents in {**held, **on_the_way}.items() if cents < 0]
        + [f"{count} {what}" for what, count in _counted(wallet, cards).items() if count],
    }


def _counted(wallet: WalletTotals, cards: AllowanceTotals) -> dict[str, int]:
    return {
        "unbalanced transfers": wallet["unbalanced_transfers"],
        "negative pots": wallet["negative_pots"],
        "negative allowances": cards["negative_allowances"],
    }
