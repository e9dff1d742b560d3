"""What the tables say, and whether it is what the model says: after each step, and once all is quiet."""

from collections.abc import Mapping
from typing import Any

from cards.pots.allowances import get_allowance_totals
from tests.simulation.model import Model
from tests.simulation.queries import ANSWERS, FOLD, PAYABLE, REDEMPTIONS, STATE, UNPUBLISHED
from tests.simulation.storage import as_json
from tests.simulation.world import World
from wallet.equation import Equation, money_equation
from wallet.totals import get_wallet_totals

# By kind and key: cents and whether closed, or a count.
State = dict[str, dict[Any, Any]]
Told = list[tuple[str, dict[str, Any]]]


class Books:
    """The last look at each service's tables; a step looks again only where it may have changed them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen = {name: self._last_seq(name) for name in STATE}
        self.cards: dict[str, dict[str, int]] = {}
        self.wallet: dict[str, dict[str, int]] = {}
        self.offers: dict[str, dict[str, int]] = {}
        self._voided = 0
        # Services with events that no relay has published yet.
        self.unpublished: set[str] = set()
        self.look(STATE)

    def look(self, names: Any) -> Told:
        """Read these services' tables; name and payload of what they announced since."""
        told: Told = []
        for name in names:
            row = self._world.storage[name].read(STATE[name], self._seen[name])
            setattr(self, name, row[0])
            self._voided = row[2] if name == "wallet" else self._voided
            self._seen[name] = max([self._seen[name], *(seq for seq, _, _ in row[1])])
            self.unpublished |= {name} if row[1] else set()
            told += [(event, payload) for _, event, payload in row[1]]
        return told

    def check(self, model: Model) -> None:
        """What holds whatever is on its way: the sums of each table, the money equation, the model."""
        for pot_id, pot in self.cards.items():
            assert pot["allowance"] >= 0, f"{pot_id}: a negative allowance, {pot}"
            assert pot["allowance"] == pot["raised"] - pot["drawn"] - pot["released"], f"{pot_id}: {pot}"
        for pot_id, pot in self.wallet.items():
            assert pot["balance"] >= 0, f"{pot_id}: a negative pot, {pot}"
            assert pot["balance"] == pot["announced"] - pot["debited"] - pot["returned"], f"{pot_id}: {pot}"
        _check_equation(self.equation())
        shown, expected = self._shown(), _expected(model)
        assert shown == expected, "; ".join(_differences(shown, expected))

    def equation(self) -> Equation:
        """The money equation over all pots."""
        balance, announced, debited, returned = _sums(
            self.wallet, "balance", "announced", "debited", "returned"
        )
        allowance, raised, drawn, released = _sums(self.cards, "allowance", "raised", "drawn", "released")
        return money_equation(
            {
                "balance_cents": balance,
                "announced_cents": announced + self._voided,
                "debited_cents": debited + self._voided,
                "returned_cents": returned,
                "unbalanced_transfers": 0,
                "negative_pots": 0,
            },
            {
                "allowance_cents": allowance,
                "raised_cents": raised,
                "drawn_cents": drawn,
                "released_cents": released,
                "negative_allowances": 0,
            },
        )

    def _shown(self) -> State:
        sold = {(name, what): n for name, counts in self.offers.items() for what, n in counts.items() if n}
        return {
            "allowance": {pot_id: (pot["allowance"], pot["closed"]) for pot_id, pot in self.cards.items()},
            "pot": {pot_id: (pot["balance"], pot["closed"]) for pot_id, pot in self.wallet.items()},
            "sales": sold,
        }

    def _last_seq(self, name: str) -> int:
        return int(self._world.storage[name].read("SELECT coalesce(max(seq), 0) FROM outbox")[0])


def _expected(model: Model) -> State:
    return {
        "allowance": {
            id_: (pot.allowance, pot.closed_in_cards) for id_, pot in model.pots.items() if pot.heard
        },
        "pot": {id_: (pot.balance, pot.closed_in_wallet) for id_, pot in model.pots.items()},
        "sales": {place: count for place, count in model.sales.items() if count},
    }


def _differences(shown: State, expected: State) -> list[str]:
    return [
        f"{kind} {key}: the table says {there.get(key)}, the model {expected[kind].get(key)}"
        for kind, there in shown.items()
        for key in sorted(there.keys() | expected[kind].keys())
        if there.get(key) != expected[kind].get(key)
    ]


def _sums(pots: Mapping[str, Mapping[str, int]], *names: str) -> list[int]:
    return [sum(pot[name] for pot in pots.values()) for name in names]


def _check_equation(equation: Equation) -> None:
    assert equation["drift_cents"] == 0, equation
    assert equation["faults"] == [], equation


def check_quiet(world: World, books: Books, model: Model) -> None:
    """Nothing is on its way: both services hold the same, and every answer that was given is true."""
    equation = books.equation()
    assert equation["on_the_way_cents"] == 0, equation
    for name in ("cards", "wallet"):
        assert world.storage[name].read(UNPUBLISHED)[0] == 0, f"{name} did not publish all"
    _check_redemptions(world, books, model)
    kept = {(caller, key): answer for caller, key, answer in world.storage["cards"].read(ANSWERS)[0]}
    for key, (_, answer, redemption_id) in model.keys.items():
        stored = kept.pop(key, None)
        assert stored is not None, f"{key} was answered {redemption_id}, nothing is kept"
        assert stored["id"] == redemption_id, f"{key} was answered {redemption_id}, kept is {stored}"
        assert answer in (None, as_json(stored)), f"{key} was answered {answer}, kept is {stored}"
        assert redemption_id in model.redemptions
    assert not kept, f"keys without a committed answer: {kept}"


def check_totals(world: World, books: Books) -> None:
    """The services' own figures for the money equation are those of the books."""
    with world.cards.transaction() as cards, world.sides["wallet"].db.transaction() as wallet:
        equation = money_equation(get_wallet_totals(wallet), get_allowance_totals(cards))
    _check_equation(equation)
    assert equation == books.equation()


def _check_redemptions(world: World, books: Books, model: Model) -> None:
    read = world.storage["cards"].read
    expected = {
        redemption_id: [
            redemption.cancelled is not None,
            redemption.paid,
            redemption.person,
            f"{redemption.visit:%Y-%m-%d %H:%M:%S.%f}",
            redemption.draws,
        ]
        for redemption_id, redemption in model.redemptions.items()
    }
    assert read(REDEMPTIONS)[0] == expected, "redemptions that were acknowledged, and no others"
    sold = {place: [s["redemptions"], s["paid"]] for place, s in books.offers.items() if s["redemptions"]}
    assert read(FOLD)[0] == sold, "statistics are the fold of the redemptions"
    payable: dict[str, int] = {}
    for redemption in model.redemptions.values():
        if redemption.paid and not redemption.cancelled:
            account = f"provider_payable:{redemption.provider}"
            payable[account] = payable.get(account, 0) + redemption.paid
    assert world.storage["wallet"].read(PAYABLE)[0] == payable
