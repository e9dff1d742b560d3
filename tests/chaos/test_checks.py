"""The checker can fail: each kind of damage, written into a database by hand, is counted under its name."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import text

from chassis.database.engine import Database
from devstack.servers.backing import Backing
from tests.chaos import audited, checks, parked
from tests.chaos import small_books as small
from tests.chaos.books import read_books
from tests.chaos.journal import Note
from tests.chaos.parked import Parked
from tests.loosening import changeable

SERVICES = ("cards", "wallet", "offers", "notify", "identity")
NEVER_NEGATIVE = "ck_allowances_never_negative"


@dataclass
class Day:
    """A day's databases and notes, to damage and to check."""

    owner_database: small.OPEN
    urls: dict[str, str]
    notes: list[Note]

    def run(self, service: str, statement: str) -> None:
        """Damage a database."""
        with self.owner_database(service).transaction() as session:
            session.execute(text(statement))

    def wrong(self) -> set[str]:
        """The names of the counts that are not 0."""
        books = read_books(self.urls)
        found = {
            "lost": list(checks.lost(books, self.notes)),
            "doubled": list(checks.doubled(books)),
            "miscounted": list(checks.miscounted(books, self.notes)),
            "unbalanced": list(checks.unbalanced(books)),
            "negative": list(checks.negative(books)),
            "keys_changed": list(checks.keys_changed(self.notes)),
            "keys_reused": list(checks.keys_reused(self.notes)),
            "statistics_off": list(checks.statistics_off(books)),
            "receipts_missing": list(checks.receipts_missing(books)),
            "addresses_wrong": list(checks.addresses_wrong(books, self.notes, {small.EMAIL})),
            "mails_missing": list(checks.mails_missing(books, small.MAILED)),
            "audit_amiss": list(audited.amiss({name: self.urls[name] for name in SERVICES}, books)),
            "drift_cents": checks.drift_cents(books),
        }
        return {name for name, what in found.items() if what}


@pytest.fixture
def day(
    backing: Backing,
    database: Callable[[str], Database],
    owner_database: Callable[[str], Database],
) -> Iterator[Day]:
    """All is well; what keeps the tables from being damaged is taken off, and put back."""
    small.write_well(database)
    made = Day(owner_database, dict(backing.database_urls), small.notes_of_all())
    with ExitStack() as stack:
        for service in SERVICES:
            stack.enter_context(changeable(owner_database(service)))
        yield made
    made.run("cards", "TRUNCATE allowances CASCADE")
    made.run("cards", f"ALTER TABLE allowances DROP CONSTRAINT IF EXISTS {NEVER_NEGATIVE}")
    made.run("cards", f"ALTER TABLE allowances ADD CONSTRAINT {NEVER_NEGATIVE} CHECK (amount_cents >= 0)")


def test_a_good_day_has_nothing_to_report(day: Day) -> None:
    assert day.wrong() == set()


@pytest.mark.parametrize(
    ("service", "statement", "names"),
    [
        (
            "cards",
            "UPDATE redemptions SET due_cents = 3699, paid_from_pot_cents = 301 WHERE id = 'red_1'",
            {"lost", "unbalanced", "statistics_off"},
        ),
        (
            "cards",
            "UPDATE redemptions SET cancelled_at = NULL",
            {"lost", "unbalanced", "statistics_off", "receipts_missing", "audit_amiss"},
        ),
        ("cards", "DELETE FROM idempotency_keys WHERE key = 'key-1'", {"lost", "doubled"}),
        ("cards", "UPDATE audit_entries SET actor = 'dev_2' WHERE object = 'red_1'", {"audit_amiss"}),
        ("cards", "DELETE FROM audit_entries WHERE object = 'red_1'", {"audit_amiss"}),
        ("cards", "DELETE FROM outbox WHERE payload->>'redemption_id' = 'red_1'", {"lost"}),
        ("cards", "UPDATE allowances SET amount_cents = amount_cents + 1", {"unbalanced", "drift_cents"}),
        (
            "cards",
            "UPDATE allowance_raises SET amount_cents = 1001 WHERE source_id = 'credit_1'",
            {"unbalanced", "drift_cents"},
        ),
        ("wallet", "UPDATE pots SET balance_cents = balance_cents + 1", {"unbalanced", "drift_cents"}),
        (
            "wallet",
            "UPDATE debits SET voided = true WHERE redemption_id = 'red_1'",
            {"unbalanced", "drift_cents"},
        ),
        ("offers", "UPDATE sales SET redemptions = 2", {"statistics_off"}),
        ("offers", "DELETE FROM sales", {"statistics_off"}),
        (
            "notify",
            "DELETE FROM messages WHERE kind = 'receipt' AND subject_id = 'red_1'",
            {"receipts_missing"},
        ),
        (
            "notify",
            "UPDATE messages SET subject_id = 'red_9' WHERE kind = 'cancellation'",
            {"receipts_missing"},
        ),
        ("notify", "DELETE FROM messages WHERE kind = 'voucher'", {"mails_missing"}),
        ("identity", "UPDATE holders SET email = 'half@example.org'", {"addresses_wrong"}),
        ("notify", "UPDATE messages SET id = 'msg_other' WHERE kind = 'voucher'", {"mails_missing"}),
        (
            "notify",
            "UPDATE messages SET state = 'due', sent_at = NULL WHERE kind = 'voucher'",
            {"mails_missing"},
        ),
    ],
)
def test_damage_in_a_database_is_counted(day: Day, service: str, statement: str, names: set[str]) -> None:
    day.run(service, statement)
    assert day.wrong() == names


def test_an_acknowledged_redemption_that_is_gone_is_lost(day: Day) -> None:
    for table, column in (("redemption_draws", "redemption_id"), ("redemptions", "id")):
        day.run("cards", f"DELETE FROM {table} WHERE {column} = 'red_1'")  # noqa: S608
    assert {"lost", "unbalanced", "drift_cents", "statistics_off"} <= day.wrong()


def test_a_second_effect_of_a_key_is_doubled(day: Day) -> None:
    small._write_redemption(day.owner_database("cards"), "red_3", 100, cancelled=False)
    assert {"doubled", "unbalanced", "drift_cents", "statistics_off", "receipts_missing"} == day.wrong()


def test_the_same_scan_counted_again_seconds_later_is_miscounted(day: Day) -> None:
    small._write_redemption(day.owner_database("cards"), "red_3", small.PAID["red_1"], cancelled=False)
    assert "miscounted" in day.wrong()
    meant = small.note("redeem", "key-4", 201, {**day.notes[0].said, "id": "red_3"})
    day.notes.append(replace(meant, request={**meant.request, "second_visit": True}))
    assert "miscounted" not in day.wrong()


def test_a_second_visit_that_is_answered_with_the_first_is_miscounted(day: Day) -> None:
    told = small.note("redeem", "key-2", 201, {**day.notes[0].said, "already_counted": True})
    day.notes.append(replace(told, request={**told.request, "second_visit": True}))
    assert day.wrong() == {"miscounted"}


def test_a_repeat_that_is_answered_with_the_first_is_no_second_effect(day: Day) -> None:
    answer = {"id": "red_1", "recorded_at": small.AT, "already_counted": True}
    row = {"caller": small.DEVICE, "key": "key-5", "request_hash": "", "answer": answer}
    small.insert(day.owner_database("cards"), "idempotency_keys", **row)
    day.notes.append(small.note("read again", "key-5", 201, day.notes[0].said))
    assert day.wrong() == set()


def test_an_effect_that_is_announced_twice_is_doubled(day: Day) -> None:
    small.say(day.owner_database("cards"), "redemption_recorded", "red_1", number=2)
    assert day.wrong() == {"doubled"}


def test_money_moved_for_a_redemption_that_was_never_committed_is_unbalanced(day: Day) -> None:
    small.move(day.owner_database("wallet"), "debit", "red_9", "pot:pot_1", "provider_payable:prv_1", 100)
    day.run("wallet", "UPDATE pots SET balance_cents = balance_cents - 100")
    assert day.wrong() == {"unbalanced", "drift_cents"}


def test_an_allowance_below_zero_is_negative(day: Day) -> None:
    day.run("cards", f"ALTER TABLE allowances DROP CONSTRAINT {NEVER_NEGATIVE}")
    day.run("cards", "UPDATE allowances SET amount_cents = -1")
    assert day.wrong() == {"negative", "unbalanced", "drift_cents"}


def test_another_answer_to_a_known_key_is_a_changed_key(day: Day) -> None:
    day.notes[3] = replace(day.notes[3], answer=day.notes[3].answer + " ")
    assert day.wrong() == {"keys_changed"}


def test_an_answer_to_another_request_under_a_known_key_is_a_reused_key(day: Day) -> None:
    day.notes[4] = small.note("reuse", "key-1", 201, day.notes[0].said)
    assert day.wrong() == {"keys_reused"}


def test_an_address_that_was_not_confirmed_and_one_without_its_voucher_are_wrong(day: Day) -> None:
    books = read_books(day.urls)
    assert list(checks.addresses_wrong(books, day.notes, set())) != []
    assert list(checks.addresses_wrong(books, day.notes[:-1], {small.EMAIL})) != []


def test_only_poison_may_be_parked_and_all_of_it_must_be() -> None:
    mark = "chaos-poison-1"
    known = Parked(service="cards", queue="q", reason="unreadable", mark=mark, shown="")
    request = Parked(service="cards", queue="rpc-cards", reason=parked.NO_REQUEST, mark="", shown="")
    sent = [{"queue": "q", "mark": mark}, {"queue": "rpc-cards", "mark": ""}]
    assert list(parked.unexpected([known, request])) == []
    assert list(parked.poison_lost([known, request], sent)) == []
    assert len(list(parked.unexpected([replace(known, mark="")]))) == 1
    assert len(list(parked.poison_lost([request], sent))) == 1
    assert len(list(parked.poison_lost([known], sent))) == 1
