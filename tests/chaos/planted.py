"""Bugs to plant into the services' processes, to show that the checker can fail.

    python tests/chaos/planted.py BUG run SERVICE       instead of      python -m chassis run SERVICE

Each function patches a module before the service's own modules are imported; nothing is changed on disk.
"""

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any


def inbox_off() -> None:
    """What was heard before is handled again; it is still noted, so that the run comes to rest."""
    from chassis.events import inbox

    remember = inbox.remember

    def forget(session: Any, consumer: str, event_ids: Iterable[str]) -> set[str]:
        ids = set(event_ids)
        remember(session, consumer, ids)
        return ids

    inbox.remember = forget


def guard_off() -> None:
    """The scan takes what is asked of the first pot, and its statement does not look either.

    The run drops the table's CHECK, which would refuse it still.
    """
    from cards.scan import rules, statements
    from chassis.database.prepared import Prepared

    guard, record = "AND pot.amount_cents >= wanted.amount_cents", statements.RECORD.sql
    assert guard in record
    statements.RECORD = Prepared("scan_record_unguarded", record.replace(guard, ""))

    def take_it(pots: Any, _card: Any, offer: Any, pay_cents: int, _programme: Any, today: Any) -> Any:
        paying = [pot for pot in pots if pay_cents and pot.pays(offer.category) and pot.is_open_on(today)]
        return tuple({"pot_id": pot.pot_id, "amount_cents": pay_cents} for pot in paying[:1])

    rules.draw_from_pots = take_it  # type: ignore[attr-defined, assignment]


def publish_before_commit() -> None:
    """An event leaves while its transaction may still be rolled back."""
    from chassis.broker.confirms import ConfirmedPublisher, NotPublished, Outgoing
    from chassis.broker.topology import event_exchange
    from chassis.events import outbox

    publisher = ConfirmedPublisher(os.environ["AMQP_URI"])
    keep, values = outbox.announce, outbox.announcing

    def publish(*events: Any) -> None:
        batch = [
            Outgoing(
                exchange=event_exchange(event.source),
                routing_key=event.name,
                body=event.payload(),
                headers={},
                message_id=event.event_id,
            )
            for event in events
        ]
        # Where the broker is away the relay will publish it after the commit, as without the bug.
        with suppress(NotPublished):
            publisher.publish(batch)

    def announce(session: Any, *events: Any, **causes: Any) -> None:
        keep(session, *events, **causes)
        publish(*events)

    def announcing(sends: Any, event: Any) -> dict[str, Any]:
        publish(event)
        return values(sends, event)

    outbox.announce, outbox.announcing = announce, announcing


def key_without_hash() -> None:
    """A key is enough: another request under it gets the first one's answer."""
    from chassis.database import idempotency

    idempotency.request_hash = lambda *_: "the same for all"


def release_before_announce() -> None:
    """A release is announced while the allowance may still be spent."""
    from cards.pots import allowances

    def say_only(session: Any, by: Any, pot: Any, reason: str) -> None:
        allowances._release(session, by, pot, pot.amount_cents, reason, closes_pot=True)

    allowances.close_pot = say_only


def repeat_by_device() -> None:
    """Another device of a site counts the same visit again."""
    from cards.scan import statements
    from chassis.database.prepared import Prepared

    words, others = (
        "AND card_id = card.id AND site_id = :site_id",
        "AND card_id = card.id AND device_id = :device_id",
    )
    for by_medium in (statements.READ_FACTS, statements.LOCK_FACTS, statements.DRAW_FACTS):
        for medium, facts in by_medium.items():
            assert words in facts.sql
            by_medium[medium] = Prepared(f"{facts.name}_by_device", facts.sql.replace(words, others))


def sell_on_upload_day() -> None:
    """Statistics count a visit on the day on which it was heard of."""
    from contracts.cards import RedemptionRecorded

    RedemptionRecorded.moment = property(lambda event: event.redeemed_at)  # type: ignore[assignment, method-assign]


PLANTS: dict[str, Callable[[], None]] = {
    plant.__name__: plant
    for plant in (
        *(inbox_off, guard_off, publish_before_commit, key_without_hash, release_before_announce),
        *(repeat_by_device, sell_on_upload_day),
    )
}


def main() -> None:
    """Become the service, with the bug."""
    bug = sys.argv.pop(1)
    # Its first lines patch the sockets, before anything else imports one.
    from chassis import __main__ as command

    PLANTS[bug]()
    command.main()


if __name__ == "__main__":
    main()
