"""Sign-ins that go on: each refresh token is good once, and one that comes back ends all of its sign-in."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import delete, func, select, update

from chassis.calls.tokens import Keys
from chassis.clock import now
from chassis.database.engine import Database
from contracts.refusals import Refusal
from identity.create_officer import create_officer
from identity.credentials import lasting_sign_ins, login_codes
from identity.credentials.client_sign_in import issue_client_token
from identity.credentials.devices import create_device, enrol_device
from identity.credentials.lasting_sign_ins import LIFETIMES, MAX_RENEWALS, WINDOW
from identity.credentials.models import RefreshToken, SignIn
from identity.credentials.renewing import GRACE, end_sign_in, issue_renewed_token
from identity.credentials.sign_in import Gate
from identity.credentials.staff_sign_in import issue_password_token
from identity.mailed_digits import digits_of
from identity.models import Account, Holder, LoginCode, Staff
from tests.audited import entries_of

SignInAs = Callable[[], Any]
LATER = GRACE + timedelta(seconds=1)
PASSWORD = "un mot de passe choisi"
CHIEF = "chef@example.org"
ELODIE = "elodie@example.org"


@pytest.fixture
def as_officer(db: Database, gate: Gate) -> SignInAs:
    """Sign in with a password: the token answer."""
    with db.transaction() as session:
        once = create_officer(session, CHIEF)["one_time_password"]
    issue_password_token(gate, username=CHIEF, password=once, new_password=PASSWORD)
    return lambda: issue_password_token(gate, username=CHIEF, password=PASSWORD, new_password=None)


@pytest.fixture
def as_holder(db: Database, gate: Gate, register: Any, key: bytes) -> SignInAs:
    """Sign in with a mailed code: the token answer."""
    register(email=ELODIE)

    def act() -> Any:
        with db.transaction() as session:
            login_codes.request_login_code(session, email=ELODIE)
        with db.transaction() as session:
            code_id = session.scalars(select(LoginCode.id).order_by(LoginCode.id.desc()).limit(1)).one()
        code = digits_of(key, login_codes.PURPOSE, code_id)
        return login_codes.issue_email_code_token(gate, email=ELODIE, code=code)

    return act


@pytest.fixture(params=["as_officer", "as_holder"])
def signed_in(request: pytest.FixtureRequest) -> Any:
    """The token answer of an officer, and of a holder."""
    return request.getfixturevalue(request.param)()


@pytest.fixture
def renew(gate: Gate) -> Callable[[Any], Any]:
    return lambda tokens: issue_renewed_token(gate, refresh_token=tokens["refresh_token"])


def refused(renew: Callable[[Any], Any], *answers: Any) -> None:
    for tokens in answers:
        with pytest.raises(Refusal, match="sign_in_refused"):
            renew(tokens)


def rows(db: Database) -> tuple[int, int]:
    """How many sign-ins and refresh tokens are kept."""
    with db.transaction() as session:
        kept = [session.scalar(select(func.count()).select_from(table)) for table in (SignIn, RefreshToken)]
    return kept[0] or 0, kept[1] or 0


# --- going on ---------------------------------------------------------------------------------------------


def test_a_renewed_token_says_the_same_and_brings_another_refresh_token(
    signed_in: Any, renew: Any, public_jwks: str
) -> None:
    renewed = renew(signed_in)
    before, after = (Keys(public_jwks).verify(tokens["access_token"]) for tokens in (signed_in, renewed))
    assert before == after
    assert renewed["scope"] == signed_in["scope"]
    assert renewed["refresh_token"] != signed_in["refresh_token"]
    assert renew(renewed)["access_token"]


def test_a_sign_in_ends_at_its_time_however_often_it_was_renewed(
    as_officer: SignInAs, as_holder: SignInAs, renew: Any, clock: Any
) -> None:
    start = now()
    clock.set(start)
    for sign_in, lifetime in ((as_officer, LIFETIMES["staff"]), (as_holder, LIFETIMES["holder"])):
        clock.set(start)
        tokens = sign_in()
        assert tokens["refresh_expires_in"] == pytest.approx(lifetime.total_seconds(), abs=5)
        for part in (0.25, 0.5, 0.99):
            clock.set(start + lifetime * part)
            tokens = renew(tokens)
        assert tokens["refresh_expires_in"] == pytest.approx(lifetime.total_seconds() * 0.01, abs=10)
        clock.set(start + lifetime + timedelta(seconds=60))
        refused(renew, tokens)


def test_devices_have_their_secret_and_no_refresh_token(db: Database, gate: Gate, caller_of: Any) -> None:
    wanted = {"provider_id": "prv_1", "site_id": "sit_1", "label": "Caisse 1"}
    with db.transaction() as session:
        made = create_device(
            session, caller_of("provider_manager"), gate.key, idempotency_key="device-1", **wanted
        )
        own = enrol_device(session, gate.key, enrolment_code=made["enrolment_code"])
    tokens = issue_client_token(gate, client_id=own["client_id"], client_secret=own["client_secret"])
    assert tokens.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert rows(db) == (0, 0)


def test_a_token_is_kept_as_a_hash_only(db: Database, signed_in: Any) -> None:
    with db.transaction() as session:
        kept = [row.token_hash for row in session.scalars(select(RefreshToken))]
    assert signed_in["refresh_token"] not in kept
    assert len(signed_in["refresh_token"]) == 43, "256 bits"


@pytest.mark.parametrize("rubbish", ["", "x" * 9_999, "\x00", "\ud800", "é"])
def test_what_is_no_token_is_refused_and_signs_nobody_out(
    db: Database, signed_in: Any, renew: Any, rubbish: str
) -> None:
    refused(renew, {"refresh_token": rubbish})
    with db.transaction() as session:
        end_sign_in(session, refresh_token=rubbish)
    assert renew(signed_in)


# --- reuse ------------------------------------------------------------------------------------------------


def test_a_token_that_comes_back_ends_the_sign_in_and_is_written_down(
    db: Database, signed_in: Any, renew: Any, clock: Any
) -> None:
    def ended() -> float:
        return REGISTRY.get_sample_value("identity_sign_ins_ended_total", {"why": "token_reused"}) or 0.0

    before, newest = ended(), renew(signed_in)
    clock.set(now() + LATER)
    _, left = entries_of(db, lambda: refused(renew, signed_in, newest, signed_in))
    assert [entry[:2] for entry in left] == [("anonymous", "sign_in_ended")]
    assert ended() == before + 1


def test_only_the_sign_in_of_the_token_is_ended(as_holder: SignInAs, renew: Any, clock: Any) -> None:
    stolen, other = as_holder(), as_holder()
    newest = renew(stolen)
    clock.set(now() + LATER)
    refused(renew, stolen, newest)
    assert renew(other)


def test_two_tabs_that_renew_within_seconds_both_go_on(signed_in: Any, renew: Any, clock: Any) -> None:
    one, other = renew(signed_in), renew(signed_in)
    clock.set(now() + LATER)
    assert one["refresh_token"] != other["refresh_token"]
    assert renew(one)
    assert renew(other)
    clock.set(now() + LATER)
    refused(renew, one)


def test_the_seconds_of_grace_are_counted_from_the_first_use(signed_in: Any, renew: Any, clock: Any) -> None:
    start = now()
    for after in (0, 5, 9):
        clock.set(start + timedelta(seconds=after))
        newest = renew(signed_in)
    clock.set(start + timedelta(seconds=13))
    refused(renew, signed_in, newest)


def test_many_at_once_with_one_token_each_get_their_own(signed_in: Any, renew: Any, db: Database) -> None:
    before, together = rows(db), Barrier(6)

    def act(_: int) -> str:
        together.wait()
        token: str = renew(signed_in)["refresh_token"]
        return token

    with ThreadPoolExecutor(6) as pool:
        tokens = list(pool.map(act, range(6)))
    assert len(set(tokens)) == 6
    assert rows(db) == (before[0], before[1] + 6)


def test_a_reuse_and_a_renewal_at_once_leave_nothing_to_renew(
    db: Database, signed_in: Any, renew: Any, clock: Any
) -> None:
    newest = renew(signed_in)
    clock.set(now() + LATER)
    together = Barrier(2)

    def act(tokens: Any) -> Any:
        together.wait()
        with suppress(Refusal):
            return renew(tokens)
        return None

    with ThreadPoolExecutor(2) as pool:
        stolen, renewed = pool.map(act, (signed_in, newest))
    assert stolen is None
    refused(renew, newest, *([renewed] if renewed else []))


def test_who_renews_on_and_on_must_wait_and_stays_signed_in(
    db: Database, signed_in: Any, renew: Any, clock: Any
) -> None:
    tokens = signed_in
    for _ in range(MAX_RENEWALS):
        tokens = renew(tokens)
    with pytest.raises(Refusal, match="too_many_attempts") as refusal:
        renew(tokens)
    assert 0 < refusal.value.details["retry_after_s"] <= WINDOW.total_seconds()
    clock.set(now() + timedelta(seconds=refusal.value.details["retry_after_s"]))
    assert renew(tokens)


# --- what the account says now ----------------------------------------------------------------------------


def test_a_renewed_token_says_what_the_account_says_by_then(
    owner_database: Any, as_officer: SignInAs, renew: Any, public_jwks: str
) -> None:
    tokens = as_officer()
    changed = {"role": "office_officer", "programmes": ["passresot66"], "organisation": "OT de Céret"}
    with owner_database("identity").transaction() as session:
        session.execute(update(Staff).values(**changed))
    caller = Keys(public_jwks).verify(renew(tokens)["access_token"])
    assert (caller.role, tuple(caller.programmes), caller.organisation) == (
        "office_officer",
        ("passresot66",),
        "OT de Céret",
    )
    assert "staff:write" not in caller.scopes


def test_an_account_that_is_gone_renews_nothing(
    owner_database: Any, as_officer: SignInAs, as_holder: SignInAs, renew: Any
) -> None:
    answers = as_officer(), as_holder()
    with owner_database("identity").transaction() as session:
        for table in (Staff, LoginCode, Holder, Account):
            session.execute(delete(table))
    refused(renew, *answers)


def test_another_password_ends_what_was_signed_in_with_the_old_one(
    gate: Gate, as_officer: SignInAs, renew: Any
) -> None:
    old = as_officer()
    new = issue_password_token(gate, username=CHIEF, password=PASSWORD, new_password="un autre mot de passe")
    refused(renew, old)
    assert renew(new)


# --- the end ----------------------------------------------------------------------------------------------


def test_signing_out_ends_the_sign_in_whichever_of_its_tokens_is_shown(
    db: Database, as_holder: SignInAs, renew: Any
) -> None:
    for shown in (0, 1):
        tokens = [as_holder()]
        tokens.append(renew(tokens[0]))
        for _ in range(2):
            with db.transaction() as session:
                end_sign_in(session, refresh_token=tokens[shown]["refresh_token"])
        refused(renew, *tokens)
    assert rows(db) == (0, 0)


def test_what_is_over_is_deleted_with_its_tokens(
    db: Database, as_officer: SignInAs, as_holder: SignInAs, renew: Any, clock: Any
) -> None:
    as_officer()
    tokens = renew(as_holder())
    with db.transaction() as session:
        kept_at: datetime | None = session.scalar(select(func.max(SignIn.expires_at)))
        lasting_sign_ins.drop_what_is_over(session)
    assert rows(db)[0] == 3
    clock.set(now() + LIFETIMES["staff"] + timedelta(minutes=1))
    with db.transaction() as session:
        lasting_sign_ins.drop_what_is_over(session)
        assert session.scalars(select(SignIn.expires_at)).all() == [kept_at]
    assert rows(db) == (1, 2)
    assert renew(tokens)
