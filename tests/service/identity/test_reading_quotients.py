"""Every outcome of the family quotient API, against the real sandbox server."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from chassis.clock import real_now
from chassis.database.engine import Database
from contracts.programmes import Programme
from identity.checking.deciding import decide_check
from identity.checking.family_quotient import FamilyQuotientApi
from identity.checking.quotient_reading import RETRY_DELAYS_S, read_due_quotients
from identity.models import ApiPause, Check, QuotientRead

Order = Callable[..., dict[str, Any]]
CheckOf = Callable[[str], Check]
WorkOf = Callable[[str], QuotientRead | None]


@pytest.fixture
def read(db: Database, api: FamilyQuotientApi, programmes: dict[str, Programme]) -> Callable[..., int]:
    """One round of the loop; ``read(read_timeout_s=…)`` changes the adapter."""
    return lambda **fields: read_due_quotients(db.transaction, replace(api, **fields), programmes)


def make_due(db: Database) -> None:
    with db.transaction() as session:
        session.execute(update(QuotientRead).values(due_at=real_now() - timedelta(seconds=1)))


@pytest.mark.parametrize(
    ("family", "state", "reason"),
    [
        ("aragon_999", "accepted", None),
        ("puig_1000", "refused", "quotient_too_high"),
        ("lacoste_1001", "refused", "quotient_too_high"),
        ("bernard_650", "accepted", None),
    ],
)
def test_a_quotient_passes_strictly_below_1000_whatever_the_accents(
    order: Order, read: Callable[..., int], check_of: CheckOf, family: str, state: str, reason: str | None
) -> None:
    check_id = order(family)["checks"]["family_quotient"]
    assert read() == 1
    check = check_of(check_id)
    assert (check.state, check.reason_code, check.decided_by) == (state, reason, "service:identity")
    assert read() == 0


def test_the_month_of_the_programmes_own_time_zone_is_read_and_kept(
    order: Order, read: Callable[..., int], check_of: CheckOf, clock: Any
) -> None:
    # Half past ten in the evening in Greenwich is August already in Toulouse.
    clock.set(datetime(2020, 7, 31, 22, 30, tzinfo=UTC))
    check_id = order("bernard_650")["checks"]["family_quotient"]
    read()
    assert check_of(check_id).month_read == "2020-08"


def test_the_check_is_announced_with_its_outcome_and_no_quotient(
    order: Order, read: Callable[..., int], announced: Callable[[str], list[dict[str, Any]]]
) -> None:
    placed = order("puig_1000")
    read()
    (decided,) = announced("check_decided")
    assert decided["check_id"] == placed["checks"]["family_quotient"]
    assert decided["reason_code"] == "quotient_too_high"
    (refused,) = announced("application_refused")
    assert (refused["order_id"], refused["reason_code"]) == (placed["order_id"], "quotient_too_high")
    assert "1000" not in str([decided[name] for name in ("kind", "outcome", "reason_code")])


def test_an_unknown_family_goes_to_an_officer(
    order: Order, read: Callable[..., int], check_of: CheckOf, work_of: WorkOf
) -> None:
    check_id = order("stranger")["checks"]["family_quotient"]
    read()
    check = check_of(check_id)
    assert (check.state, check.waiting_for, check.reason_code) == ("pending", "officer", "quotient_not_found")
    assert work_of(check_id) is None


def test_a_holder_without_a_birth_place_goes_to_an_officer_without_a_call(
    order: Order, read: Callable[..., int], check_of: CheckOf, calls_made: Callable[[], int]
) -> None:
    check_id = order("bernard_650", birth_place=None)["checks"]["family_quotient"]
    assert read() == calls_made() == 0
    assert check_of(check_id).reason_code == "identity_incomplete"


def test_an_entitled_familys_identity_under_another_name_goes_to_an_officer(
    order: Order, read: Callable[..., int], check_of: CheckOf
) -> None:
    fields = {"birth_name": "Bérnard-Núñez", "family_name": "Profiteur"}
    check_id = order("bernard_650", **fields)["checks"]["family_quotient"]
    read()
    assert check_of(check_id).reason_code == "identity_not_matched"


def test_429_pauses_every_worker_and_costs_the_check_no_attempt(
    order: Order,
    read: Callable[..., int],
    check_of: CheckOf,
    work_of: WorkOf,
    server: httpx.Client,
    calls_made: Callable[[], int],
    db: Database,
) -> None:
    checks = [order(family)["checks"]["family_quotient"] for family in ("aragon_999", "bernard_650")]
    server.put("/_faults", json=[{"status": 429, "retry_after_s": 120}])
    with ThreadPoolExecutor(1) as pool:
        assert read() == 1
        assert pool.submit(read).result() == 0
    assert calls_made() == 1
    works = [work_of(check_id) for check_id in checks]
    assert [work.attempts for work in works if work] == [0, 0]
    with db.transaction() as session:
        pause = session.get_one(ApiPause, "family_quotient")
        assert timedelta(seconds=100) < pause.until - real_now() <= timedelta(seconds=120)
        pause.until = real_now()
    assert read() == 2
    assert [check_of(check_id).state for check_id in checks] == ["accepted", "accepted"]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 502},
        {"status": 500},
        {"status": 401},
        {"body": "garbage"},
        {"body": "[]"},
        {"body": '{"data": {"quotient_familial": {"valeur": "150", "annee": 2020, "mois": 7}}}'},
        {"drop": True},
        {"delay_s": 0.6},
    ],
)
def test_no_usable_answer_is_asked_again_later(
    order: Order,
    read: Callable[..., int],
    check_of: CheckOf,
    work_of: WorkOf,
    server: httpx.Client,
    db: Database,
    fault: dict[str, Any],
) -> None:
    check_id = order("bernard_650")["checks"]["family_quotient"]
    server.put("/_faults", json=[fault])
    assert read(read_timeout_s=0.3) == 1
    work = work_of(check_id)
    assert work is not None
    assert (work.attempts, work.lease_id, work.due_at > real_now()) == (1, None, True)
    assert check_of(check_id).state == "pending"
    make_due(db)
    read()
    assert check_of(check_id).state == "accepted"


def test_a_server_that_is_away_counts_as_unavailable(
    order: Order, read: Callable[..., int], work_of: WorkOf
) -> None:
    check_id = order("bernard_650")["checks"]["family_quotient"]
    read(url="http://127.0.0.1:1")
    work = work_of(check_id)
    assert work is not None
    assert work.attempts == 1


def test_after_the_last_attempt_an_officer_decides(
    order: Order, read: Callable[..., int], check_of: CheckOf, server: httpx.Client, db: Database
) -> None:
    check_id = order("bernard_650")["checks"]["family_quotient"]
    attempts = len(RETRY_DELAYS_S) + 1
    server.put("/_faults", json=[{"status": 502}] * attempts)
    for _ in range(attempts):
        assert check_of(check_id).waiting_for == "service"
        make_due(db)
        read()
    check = check_of(check_id)
    assert (check.state, check.waiting_for, check.reason_code) == (
        "pending",
        "officer",
        "quotient_unavailable",
    )


def test_two_workers_never_ask_twice_for_one_check(
    order: Order, read: Callable[..., int], check_of: CheckOf, calls_made: Callable[[], int]
) -> None:
    families = ("aragon_999", "bernard_650", "puig_1000", "lacoste_1001", "stranger")
    checks = [order(family)["checks"]["family_quotient"] for family in families]
    with ThreadPoolExecutor(4) as pool:
        made = sum(pool.map(lambda _: read(), range(4)))
    assert made == calls_made() == len(families)
    assert [check_of(check_id).waiting_for for check_id in checks] == [None, None, None, None, "officer"]


def test_a_lease_that_ran_out_is_taken_over_and_the_late_worker_changes_nothing(
    order: Order,
    read: Callable[..., int],
    check_of: CheckOf,
    server: httpx.Client,
    db: Database,
    announced: Callable[[str], list[dict[str, Any]]],
) -> None:
    check_id = order("bernard_650")["checks"]["family_quotient"]
    server.put("/_faults", json=[{"delay_s": 0.8}])
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(read)
        while not late.done():
            with db.transaction() as session:
                row = session.get_one(QuotientRead, check_id)
                if row.leased_until is not None:
                    row.leased_until = real_now() - timedelta(seconds=1)
                    break
        read()
        assert check_of(check_id).state == "accepted"
        late.result()
    assert len(announced("check_decided")) == 1


def test_nobodys_quotient_is_read_for_a_refused_application(
    order: Order,
    read: Callable[..., int],
    work_of: WorkOf,
    db: Database,
    caller_of: Any,
    programmes: dict[str, Programme],
) -> None:
    checks = order("bernard_650")["checks"]
    with db.transaction() as session:
        decide_check(
            session,
            caller_of("officer"),
            programmes,
            idempotency_key="k1",
            check_id=checks["residence"],
            outcome="refused",
            reason_code="not_resident",
            note=None,
        )
    assert work_of(checks["family_quotient"]) is None
    assert read() == 0
