"""``python -m wallet.reconcile``: the money equation of the running platform, for people and every night."""

import json
import sys
import time
from os import environ

from chassis.client import RpcClient, Services
from chassis.signing import Signer
from contracts.cards import AllowanceTotals
from contracts.wallet import WalletTotals
from wallet.equation import Equation, money_equation

# Totals over all pots may take longer than a scan may wait.
TIMEOUT_S = 60.0
ATTEMPTS_MAX = 20
PAUSE_S = 0.2


def totals_of_one_moment(services: Services) -> tuple[WalletTotals, AllowanceTotals]:
    """Both services' totals such that the wallet's did not move while `cards` was asked.

    Raises TimeoutError when the wallet never rests; reconcile again in a calmer minute.
    """
    for _ in range(ATTEMPTS_MAX):
        before: WalletTotals = services.wallet.get_wallet_totals()
        cards: AllowanceTotals = services.cards.get_allowance_totals()
        if services.wallet.get_wallet_totals() == before:
            return before, cards
        time.sleep(PAUSE_S)
    raise TimeoutError("the wallet moved at every attempt")


def main() -> None:
    """Print the equation, the last line as JSON; exit 1 where a cent is missing or too many."""
    client = RpcClient(environ["AMQP_URI"], timeout_s=TIMEOUT_S)
    services = Services(client, Signer(environ["SERVICE_SIGNING_KEY"], "wallet")).as_service()
    equation = money_equation(*totals_of_one_moment(services))
    client.close()
    _show(equation)
    sys.exit(1 if equation["drift_cents"] or equation["faults"] else 0)


def _show(equation: Equation) -> None:
    for name, cents in equation["terms"].items():
        print(f"{name:40} {cents / 100:>14,.2f} €")
    print(f"{'drift (must be 0)':40} {equation['drift_cents'] / 100:>14,.2f} €")
    for fault in equation["faults"]:
        print(f"FAULT: {fault}")
    print(json.dumps(equation, ensure_ascii=False))


if __name__ == "__main__":
    main()
