"""Another e-mail address for an order: confirmed by who reads its mail, told to who read the old one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from chassis.clock import now
from chassis.database.engine import Database
from chassis.events.outbox import stamp
from chassis.ids import new_id
from contracts.notify import OldAddressNotified
from contracts.refusals import Refusal
from identity.credentials.login_codes import request_login_code
from identity.email_changes.codes import LIFETIME, MAX_TRIES
from identity.email_changes.confirming import confirm_email_change
from identity.email_changes.forgetting import KEPT_FOR, drop_old_changes, forget_old_address
from identity.email_changes.mailing import get_email_change_code, get_email_change_notice, masked
from identity.email_changes.models import EmailChange
from identity.email_changes.requesting import MAX_MAILS_TO_ADDRESS, MAX_REQUESTS, WINDOW, request_email_change
from identity.mailed_digits import digits_of
from identity.models import Account, Holder, LoginCode
from identity.people.contacts import get_contact

WRONG = "lodie@exmaple.org"
RIGHT = "elodie@example.org"
OTHER = "bernard@example.org"


class Counter:
    """What callers ask, and what `notify` then asks to write the mails."""

    def __init__(self, db: Database, key: bytes, caller_of: Any, announced: Any) -> None:
        self.db, self.key, self.announced = db, key, announced
        self.caller = caller_of("partner")

    def request(self, order: dict[str, Any], email: str, key: str | None = None) -> Any:
        """Ask for another address; what is answered."""
        with self.db.transaction() as session:
            return request_email_change(
                session,
                self.caller,
                self.key,
                order,  # type: ignore[arg-type]
                idempotency_key=key or new_id("key"),
                email=email,
            )

    def mailed(self) -> dict[str, str]:
        """The newest code, as its mail says it."""
        event = self.announced("email_change_requested")[-1]
        with self.db.transaction() as session:
            return dict(get_email_change_code(session, self.key, email_change_id=event["email_change_id"]))  # type: ignore[arg-type]

    def asked(self, order: dict[str, Any], email: str) -> str:
        """Ask for another address; the code that is mailed there."""
        self.request(order, email)
        return self.mailed()["code"]

    def confirm(self, order: dict[str, Any], code: str, key: str | None = None) -> None:
        """Confirm with a code."""
        confirm_email_change(
            self.db.transaction,
            self.caller,
            self.key,
            order,  # type: ignore[arg-type]
            idempotency_key=key or new_id("key"),
            code=code,
        )

    def refused(self, order: dict[str, Any], code: str) -> None:
        """The code does not confirm anything."""
        with pytest.raises(Refusal) as refusal:
            self.confirm(order, code)
        assert (refusal.value.code, refusal.value.field) == ("email_code_refused", "code")

    def address(self, order: dict[str, Any]) -> str:
        """Where the order's mails go now."""
        with self.db.transaction() as session:
            return get_contact(session, holder_id=order["holder_id"])["email"]

    def account(self, order: dict[str, Any]) -> str:
        with self.db.transaction() as session:
            return session.get_one(Holder, order["holder_id"]).account_id

    def rows(self, table: Any) -> list[Any]:
        with self.db.transaction() as session:
            return list(session.scalars(select(table)))

    def notified(self, delivered: bool = True) -> None:
        """`notify` has told the old address of the newest change."""
        change_id = self.announced("holder_account_changed")[-1]["email_change_id"]
        event = OldAddressNotified(**stamp(), email_change_id=change_id, delivered=delivered)
        with self.db.transaction() as session:
            forget_old_address(session, event)

    def tidy(self) -> None:
        with self.db.transaction() as session:
            drop_old_changes(session)


@pytest.fixture
def counter(db: Database, key: bytes, caller_of: Any, announced: Callable[[str], Any]) -> Counter:
    return Counter(db, key, caller_of, announced)


def test_the_code_of_the_new_address_gives_the_order_that_address_and_its_account(
    counter: Counter, order: Any
) -> None:
    placed = order(email=WRONG)
    answer = counter.request(placed, f"  {RIGHT} ")
    mailed = counter.mailed()
    assert answer == {"expires_at": mailed["expires_at"]}
    assert (mailed["email"], len(mailed["code"])) == (RIGHT, 6)
    assert counter.address(placed) == WRONG
    counter.confirm(placed, f" {mailed['code']}\n")
    assert counter.address(placed) == RIGHT
    (event,) = counter.announced("holder_account_changed")
    assert event["order_id"] == placed["order_id"]
    assert event["holder_id"] == placed["holder_id"]
    assert event["account_id"] == counter.account(placed) != placed["account_id"]


def test_the_account_of_an_address_that_has_one_is_taken_and_nobody_is_told_so(
    counter: Counter, order: Any
) -> None:
    known = order("puig_1000", email=RIGHT)
    placed, strange = order(email=WRONG), order("lacoste_1001", email="lacoste@exmaple.org")
    answers = [counter.request(placed, RIGHT.upper()), counter.request(strange, OTHER)]
    assert [sorted(answer) for answer in answers] == [["expires_at"], ["expires_at"]]
    counter.request(placed, RIGHT)
    counter.confirm(placed, counter.mailed()["code"])
    assert counter.account(placed) == known["account_id"]


def test_only_this_orders_holder_changes(counter: Counter, order: Any) -> None:
    placed, sister = order(email=WRONG), order("puig_1000", email=WRONG)
    counter.confirm(placed, counter.asked(placed, RIGHT))
    counter.notified()
    assert counter.address(sister) == WRONG
    assert counter.account(sister) == placed["account_id"]


def test_a_wrong_code_changes_nothing_and_five_use_a_code_up(counter: Counter, order: Any) -> None:
    placed = order(email=WRONG)
    code = counter.asked(placed, RIGHT)
    for _ in range(MAX_TRIES):
        counter.refused(placed, str((int(code) + 1) % 10**6).zfill(6))
    counter.refused(placed, code)
    assert counter.address(placed) == WRONG
    assert counter.announced("holder_account_changed") == []


def test_guesses_sent_all_at_once_are_counted_one_by_one(counter: Counter, order: Any) -> None:
    placed = order(email=WRONG)
    code = counter.asked(placed, RIGHT)

    def guess(_: int) -> str:
        with pytest.raises(Refusal) as refusal:
            counter.confirm(placed, "x" + code)
        return refusal.value.code

    with ThreadPoolExecutor(4) as pool:
        said = set(pool.map(guess, range(MAX_TRIES * 3)))
    assert said <= {"email_code_refused", "try_again"}
    (change,) = counter.rows(EmailChange)
    assert change.attempts <= MAX_TRIES


def test_only_the_newest_code_counts_and_none_that_expired(counter: Counter, order: Any, clock: Any) -> None:
    placed = order(email=WRONG)
    counter.refused(placed, "000000")
    first = counter.asked(placed, RIGHT)
    second = counter.asked(placed, OTHER)
    counter.refused(placed, first)
    clock.set(now() + LIFETIME + timedelta(seconds=1))
    counter.refused(placed, second)
    assert counter.address(placed) == WRONG


def test_a_code_confirms_its_own_order_only(counter: Counter, order: Any) -> None:
    placed, other = order(email=WRONG), order("puig_1000", email="julien@exmaple.org")
    mine = counter.asked(placed, RIGHT)
    theirs = counter.asked(other, OTHER)
    assert mine != theirs
    counter.refused(other, mine)
    assert counter.address(other) == "julien@exmaple.org"


def test_a_confirmation_repeated_with_any_key_changes_the_address_once(counter: Counter, order: Any) -> None:
    placed = order(email=WRONG)
    code = counter.asked(placed, RIGHT)
    for key in ("one", "one", "two"):
        counter.confirm(placed, code, key)
    assert len(counter.announced("holder_account_changed")) == 1
    # The first key is answered as then, though another change has come since; the code itself is over.
    counter.confirm(placed, counter.asked(placed, OTHER))
    counter.confirm(placed, code, "one")
    counter.refused(placed, code)
    assert counter.address(placed) == OTHER


def test_confirmations_at_the_same_moment_change_the_address_once(counter: Counter, order: Any) -> None:
    placed = order(email=WRONG)
    code = counter.asked(placed, RIGHT)

    def confirm(_: int) -> str:
        try:
            counter.confirm(placed, code)
        except Refusal as refusal:
            return refusal.code
        return "confirmed"

    with ThreadPoolExecutor(4) as pool:
        said = set(pool.map(confirm, range(8)))
    assert "confirmed" in said
    assert said <= {"confirmed", "try_again"}
    assert len(counter.announced("holder_account_changed")) == 1


def test_a_process_that_dies_in_the_middle_leaves_nothing_half_done(
    counter: Counter, order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = order(email=WRONG)
    code = counter.asked(placed, RIGHT)
    with monkeypatch.context() as patch:
        patch.setattr("identity.email_changes.confirming.announce", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            counter.confirm(placed, code, "one")
    assert (counter.address(placed), counter.account(placed)) == (WRONG, placed["account_id"])
    counter.confirm(placed, code, "one")
    assert counter.address(placed) == RIGHT


def test_later_changes_have_greater_numbers(counter: Counter, order: Any) -> None:
    placed = order(email=WRONG)
    for email in (RIGHT, OTHER, RIGHT):
        counter.confirm(placed, counter.asked(placed, email))
    numbers = [event["change"] for event in counter.announced("holder_account_changed")]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 3


def test_the_address_that_holds_already_is_said_to_be_so(counter: Counter, order: Any) -> None:
    placed = order(email=RIGHT)
    with pytest.raises(Refusal) as refusal:
        counter.request(placed, f" {RIGHT.upper()}")
    assert (refusal.value.code, refusal.value.field) == ("email_unchanged", "email")


@pytest.mark.parametrize(
    "email", ["", "x", "two@at@example.org", "é@example.org", "a@b.org\x00", "\ud800@b.fr"]
)
def test_what_is_no_address_is_refused_as_at_ordering(counter: Counter, order: Any, email: str) -> None:
    with pytest.raises(Refusal) as refusal:
        counter.request(order(email=WRONG), email)
    assert (refusal.value.code, refusal.value.field) == ("invalid_field", "email")


def test_an_order_asks_for_five_codes_a_day(counter: Counter, order: Any, clock: Any) -> None:
    placed = order(email=WRONG)
    for number in range(MAX_REQUESTS):
        counter.request(placed, f"essai{number}@example.org")
    with pytest.raises(Refusal, match="too_many_mails") as refusal:
        counter.request(placed, RIGHT)
    assert 0 < refusal.value.details["retry_after_s"] <= WINDOW.total_seconds()
    clock.set(now() + WINDOW)
    assert counter.request(placed, RIGHT)


def test_nobody_is_mailed_by_many_orders(counter: Counter, order: Any) -> None:
    for number in range(MAX_MAILS_TO_ADDRESS):
        counter.request(order(email=f"essai{number}@example.org"), "Voisine@example.org")
    with pytest.raises(Refusal, match="too_many_mails"):
        counter.request(order(email=WRONG), "voisine@Example.org")


def test_a_request_repeated_with_its_key_mails_once(counter: Counter, order: Any) -> None:
    placed = order(email=WRONG)
    assert counter.request(placed, RIGHT, "k") == counter.request(placed, RIGHT, "k")
    assert len(counter.announced("email_change_requested")) == 1
    with pytest.raises(Refusal, match="idempotency_key_reused"):
        counter.request(placed, OTHER, "k")


def test_the_old_address_is_told_the_new_one_masked(counter: Counter, order: Any, db: Database) -> None:
    placed = order(email=WRONG)
    counter.confirm(placed, counter.asked(placed, RIGHT))
    change_id = counter.announced("holder_account_changed")[0]["email_change_id"]
    with db.transaction() as session:
        notice = get_email_change_notice(session, email_change_id=change_id)
    assert (notice["email"], notice["new_email_masked"]) == (WRONG, "e•••@e•••.org")
    assert masked("a@mail.gouv.fr") == "a•••@m•••.fr"


@pytest.mark.parametrize("delivered", [True, False])
def test_the_old_address_is_forgotten_once_it_was_told_or_cannot_be(
    counter: Counter, order: Any, db: Database, delivered: bool
) -> None:
    placed = order(email=WRONG)
    with db.transaction() as session:
        request_login_code(session, email=WRONG)
    counter.confirm(placed, counter.asked(placed, RIGHT))
    counter.notified(delivered)
    counter.notified(delivered)
    (change,) = counter.rows(EmailChange)
    assert (change.old_email, change.new_email, change.old_account_id) == (None, None, None)
    assert [account.email for account in counter.rows(Account)] == [RIGHT]
    assert counter.rows(LoginCode) == []
    with db.transaction() as session, pytest.raises(Refusal, match="not_found"):
        get_email_change_notice(session, email_change_id=change.id)


def test_an_address_that_was_forgotten_may_be_ordered_with_and_changed_to_again(
    counter: Counter, order: Any
) -> None:
    placed = order(email=WRONG)
    counter.confirm(placed, counter.asked(placed, RIGHT))
    counter.notified()
    again = order("puig_1000", email=WRONG)
    assert again["account_id"] != placed["account_id"]
    counter.confirm(placed, counter.asked(placed, WRONG))
    assert counter.account(placed) == again["account_id"]


def test_addresses_go_by_themselves_after_half_an_hour_and_three_days(
    counter: Counter, order: Any, clock: Any
) -> None:
    placed, other = order(email=WRONG), order("puig_1000", email=OTHER)
    counter.confirm(placed, counter.asked(placed, RIGHT))
    counter.request(other, "never@example.org")
    clock.set(now() + LIFETIME + timedelta(seconds=1))
    counter.tidy()
    kept = {change.holder_id: (change.old_email, change.new_email) for change in counter.rows(EmailChange)}
    assert kept == {placed["holder_id"]: (WRONG, RIGHT), other["holder_id"]: (None, None)}
    clock.set(now() + KEPT_FOR)
    counter.tidy()
    assert counter.rows(EmailChange) == []
    assert {account.email for account in counter.rows(Account)} == {RIGHT, OTHER}


def test_a_code_confirms_nothing_once_its_address_was_forgotten_though_the_clock_is_moved_back(
    counter: Counter, order: Any, clock: Any
) -> None:
    placed, began = order(email=WRONG), now()
    code = counter.asked(placed, RIGHT)
    clock.set(began + LIFETIME + timedelta(seconds=1))
    counter.tidy()
    clock.set(began)
    counter.refused(placed, code)
    assert counter.address(placed) == WRONG


def test_an_order_of_a_forgotten_address_at_the_same_moment_keeps_an_account(
    counter: Counter, order: Any, register: Any
) -> None:
    for _ in range(3):
        placed = order(email=WRONG)
        counter.confirm(placed, counter.asked(placed, new_id("x") + "@example.org"))
        with ThreadPoolExecutor(3) as pool:
            orders = [pool.submit(register, email=WRONG) for _ in range(2)]
            pool.submit(counter.notified).result()
        accounts = {one.result()["account_id"] for one in orders}
        assert len(accounts) == 1
        assert accounts <= {account.id for account in counter.rows(Account)}


def test_the_holder_of_a_person_who_is_gone_is_not_found(
    counter: Counter, order: Any, owner_database: Any
) -> None:
    placed = order(email=WRONG)
    with owner_database("identity").transaction() as session:
        session.execute(delete(Holder).where(Holder.person_id == placed["holder_id"]))
    with pytest.raises(Refusal, match="not_found"):
        counter.request(placed, RIGHT)


def test_the_digits_are_stored_nowhere(counter: Counter, order: Any, key: bytes) -> None:
    placed = order(email=WRONG)
    code = counter.asked(placed, RIGHT)
    (change,) = counter.rows(EmailChange)
    assert code == digits_of(key, "email_change", change.id)
    assert code not in [str(getattr(change, column.name)) for column in EmailChange.__table__.columns]
    with counter.db.transaction() as session:
        assert session.scalar(select(func.count()).select_from(EmailChange)) == 1
