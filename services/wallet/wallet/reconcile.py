"""``python -m wallet.reconcile``: the money equation and every fault of the running platform, now.

``--equation`` leaves the faults out; ``--settled-minutes 0`` looks at what is younger than half an hour too,
which is right once nothing is on its way any more.
"""

import json
import sys
import time
from argparse import ArgumentParser, Namespace
from datetime import timedelta
from os import environ
from pathlib import Path
from typing import cast

from chassis.calls.client import RpcClient, Services
from chassis.calls.signing import Signer
from chassis.clock import now, use_offset_file
from chassis.database.engine import Database
from chassis.ids import new_id
from chassis.log import configure_logging
from chassis.settings import required, text_files
from contracts.cards import AllowanceTotals
from contracts.neighbours import Neighbours
from contracts.programmes import read_programmes
from contracts.programmes.days import local_day
from contracts.wallet import WalletTotals
from wallet.equation import Equation, money_equation
from wallet.reconciliation.findings import Tally
from wallet.reconciliation.results import keep_result
from wallet.reconciliation.run import SETTLED_AFTER, reconcile

# Totals over all pots may take longer than a scan may wait.
TIMEOUT_S = 60.0
ATTEMPTS_MAX = 20
PAUSE_S = 0.2
# Between two pages, so that a reconciliation by day leaves the databases to the scans.
PAGE_PAUSE_S = 0.01


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
    """Print the equation and each finding, the last line as JSON; exit 1 where anything is amiss."""
    options = _options()
    # What is found is printed; it need not be told twice.
    configure_logging("wallet", "critical")
    client = RpcClient(required("AMQP_URI", environ), timeout_s=TIMEOUT_S)
    services = Services(client, Signer(required("SERVICE_SIGNING_KEY", environ), "wallet")).as_service()
    equation = money_equation(*totals_of_one_moment(services))
    tally = Tally() if options.equation else find_faults(cast(Neighbours, services), options.settled_after)
    client.close()
    _show(equation, tally)
    sys.exit(1 if equation["drift_cents"] or equation["faults"] or tally.counts else 0)


def find_faults(services: Neighbours, settled_after: timedelta) -> Tally:
    """Reconcile as at night, and let the result stand for the night's."""
    use_offset_file(Path(environ["CLOCK_FILE"]) if environ.get("CLOCK_FILE") else None)
    programmes = read_programmes(text_files(Path(environ["PROGRAMMES_DIR"]), ".toml"))
    tally = Tally()
    for finding in reconcile(services, programmes, settled_after):
        if finding is None:
            time.sleep(PAGE_PAUSE_S)
        else:
            tally.add(finding)
    _keep(tally)
    return tally


def _options() -> Namespace:
    parser = ArgumentParser(prog="wallet.reconcile", description=__doc__)
    parser.add_argument("--equation", action="store_true", help="only the money equation")
    parser.add_argument(
        "--settled-minutes",
        dest="settled_after",
        type=lambda minutes: timedelta(minutes=float(minutes)),
        default=SETTLED_AFTER,
        help="what is younger may be on its way and is left out (30)",
    )
    return parser.parse_args()


def _keep(tally: Tally) -> None:
    database = Database(required("DATABASE_URL", environ), name="reconcile", pool_size=1)
    with database.transaction() as session:
        keep_result(session, local_day(now()), new_id("night"), tally.counts)
    database.close()


def _show(equation: Equation, tally: Tally) -> None:
    for name, cents in equation["terms"].items():
        print(f"{name:40} {cents / 100:>14,.2f} €")
    print(f"{'drift (must be 0)':40} {equation['drift_cents'] / 100:>14,.2f} €")
    for fault in equation["faults"]:
        print(f"FAULT: {fault}")
    for finding in tally.told:
        print(f"{finding.kind}: {finding.object_id}, expected {finding.expected}, found {finding.found}")
    print(json.dumps({**equation, "findings": tally.counts}, ensure_ascii=False))


if __name__ == "__main__":
    main()
