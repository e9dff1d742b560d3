"""``make demo``: starts a platform of its own, plays the story on it, and leaves the mails and vouchers."""

import os
import sys
import time
from pathlib import Path

from demo.acts.closing import account_for_every_cent
from demo.story import play
from devstack.errors import DevstackError
from devstack.host.leaving import leave_when_told
from devstack.stack import Stack

FOLDER = Path("var/demo")


def main() -> None:
    """Every run begins with empty databases, so it may be run again and again."""
    leave_when_told()
    started = time.monotonic()
    print("Starting RabbitMQ, PostgreSQL, the six services and the outside world …", flush=True)
    with Stack.start(FOLDER, durable=False, brokers=int(os.environ.get("BROKERS") or 1)) as stack:
        print(
            f"Everything is up after {time.monotonic() - started:.0f} s: {stack.gateway_url}/v1/docs",
            flush=True,
        )
        stage = play(stack, FOLDER, FOLDER / "logs")
        print(flush=True)
        account_for_every_cent(stack.money_equation(), stage.tell)
    print(
        f"\nPlayed in {time.monotonic() - started:.0f} s. Mails are in {FOLDER}/mails, vouchers in {FOLDER}."
    )


if __name__ == "__main__":
    try:
        main()
    except DevstackError as error:
        sys.exit(str(error))
