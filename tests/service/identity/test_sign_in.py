"""Every way to sign in, and every way to be refused; nobody learns which identifiers exist."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from chassis.calls.caller import Caller, service_caller
from chassis.calls.tokens import Keys
from chassis.clock import now
from chassis.database.engine import Database
from chassis.ids import new_id
from contracts.programmes import Programme
from contracts.refusals import Refusal
from identity import create_officer
from identity.credentials.client_sign_in import issue_client_token
from identity.credentials.login_codes import get_login_code, issue_email_code_token, request_login_code
from identity.credentials.partners import create_partner
from identity.credentials.sign_in import Gate
from identity.credentials.staff import create_staff
from identity.credentials.staff_sign_in import issue_password_token
from identity.credentials.throttling import MAX_TRIES, drop_old_attempts
from identity.models import LoginCode, SignInAttempt, Staff
from tests.admission import admitted

CallerOf = Callable[..., Caller]
CHOSEN = "un mot de passe choisi"


@pytest.fixture
def officer(db: Database) -> Any:
    """The first officer: e-mail and one-time password."""
    with db.transaction() as session:
        return create_officer.create_officer(session, "Chef@Example.org")


def sign_in(gate: Gate, username: str, password: str, new: str | None = None) -> Any:
    return issue_password_token(gate, username=username, password=password, new_password=new)


@pytest.fixture
def partner(db: Database, caller_of: CallerOf, programmes: dict[str, Programme]) -> Any:
    with db.transaction() as session:
        return create_partner(
            session,
            caller_of("officer"),
            programmes,
            idempotency_key="p1",
            name="OT de Céret",
            channel="tourist_office",
        )


# --- staff ------------------------------------------------------------------------------------------------


def test_a_one_time_password_must_be_changed_and_works_once(
    gate: Gate, officer: Any, public_jwks: str
) -> None:
    once = officer["one_time_password"]
    with pytest.raises(Refusal, match="new_password_required"):
        sign_in(gate, "chef@example.org", once)
    token = sign_in(gate, " CHEF@example.org", once, CHOSEN)
    caller = Keys(public_jwks).verify(token["access_token"])
    assert (caller.kind, caller.role, caller.subject) == ("staff", "officer", officer["staff_id"])
    assert caller.channel == "phone_desk"
    assert caller.scopes == frozenset(token["scope"].split())
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 900)
    with pytest.raises(Refusal, match="sign_in_refused"):
        sign_in(gate, "chef@example.org", once, "encore un autre mot")
    assert sign_in(gate, "chef@example.org", CHOSEN)["access_token"]


@pytest.mark.parametrize("new", ["court", "x" * 201, "avec\x00zéro-octet", None])
def test_a_new_password_must_be_worth_something(gate: Gate, officer: Any, new: str | None) -> None:
    with pytest.raises(Refusal) as refusal:
        sign_in(gate, officer["email"], officer["one_time_password"], new)
    assert refusal.value.field == "new_password"


def test_the_new_password_must_differ(gate: Gate, officer: Any) -> None:
    once = officer["one_time_password"]
    with pytest.raises(Refusal, match="invalid_field"):
        sign_in(gate, officer["email"], once, once)


def test_wrong_and_unknown_are_refused_alike(gate: Gate, officer: Any) -> None:
    for username in (officer["email"], "nobody@example.org", "", "x" * 9_999, "a\x00b", "\ud800"):
        for password in ("wrong", "", "x" * 9_999, "\x00", "\ud800"):
            with pytest.raises(Refusal) as refusal:
                sign_in(gate, username, password)
            assert (refusal.value.code, refusal.value.field, refusal.value.details) == (
                "sign_in_refused",
                None,
                {},
            )


def test_after_ten_tries_even_the_right_password_waits(
    gate: Gate, officer: Any, db: Database, clock: Any
) -> None:
    def wrong(_: int) -> str:
        with pytest.raises(Refusal) as refusal:
            sign_in(gate, officer["email"], "wrong")
        return refusal.value.code

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(wrong, range(16)))
    assert codes.count("sign_in_refused") == MAX_TRIES
    assert codes.count("too_many_attempts") == 16 - MAX_TRIES
    with pytest.raises(Refusal) as refusal:
        sign_in(gate, officer["email"], officer["one_time_password"], CHOSEN)
    assert 0 < refusal.value.details["retry_after_s"] <= 900
    clock.set(now() + timedelta(minutes=16))
    assert sign_in(gate, officer["email"], officer["one_time_password"], CHOSEN)
    with db.transaction() as session:
        drop_old_attempts(session)
        assert session.scalar(select(func.count()).select_from(SignInAttempt)) == 0


def test_an_address_has_one_account_and_its_password_is_shown_once(
    db: Database, caller_of: CallerOf, programmes: dict[str, Programme]
) -> None:
    def create(key: str, **fields: Any) -> Any:
        values: dict[str, Any] = {
            "email": "Agent@ot.fr",
            "role": "office_officer",
            "programmes": ["passresot66"],
        }
        values |= {"provider_id": None, "organisation": "OT Céret"} | fields
        with db.transaction() as session:
            return create_staff(session, caller_of("officer"), programmes, idempotency_key=key, **values)

    first = create("k1")
    assert create("k1") == {**first, "one_time_password": None}
    with pytest.raises(Refusal, match="already_exists"):
        create("k2", email="agent@OT.fr")
    mistakes: list[dict[str, Any]] = [
        {"programmes": []},
        {"programmes": ["unknown"]},
        {"role": "king"},
        {"role": "provider_manager"},
        {"provider_id": "prv_1"},
        {"email": "agent"},
    ]
    for wrong in mistakes:
        with pytest.raises(Refusal):
            create("k3", **wrong)
    with db.transaction() as session:
        (staff,) = session.scalars(select(Staff)).all()
    assert staff.password_hash.startswith("$argon2id$")
    assert first["one_time_password"] not in staff.password_hash


def test_only_officers_create_staff_and_partners(
    db: Database, caller_of: CallerOf, programmes: dict[str, Programme]
) -> None:
    for kind in ("office_officer", "provider_manager", "partner", "device", "holder"):
        with pytest.raises(Refusal, match="not_allowed"), db.transaction() as session:
            caller = admitted(caller_of(kind), "identity.create_partner")
            create_partner(session, caller, programmes, idempotency_key="k", name="X", channel="crt")
        with pytest.raises(Refusal, match="not_allowed"):
            admitted(caller_of(kind), "identity.create_staff")
    with pytest.raises(Refusal, match="channel_unknown"), db.transaction() as session:
        create_partner(
            session, caller_of("officer"), programmes, idempotency_key="k", name="X", channel="moon"
        )


def test_an_officer_of_some_programmes_makes_no_account_or_partner_that_reaches_further(
    db: Database, caller_of: CallerOf, programmes: dict[str, Programme]
) -> None:
    officer = caller_of("officer", programmes=("passresot66",))

    def make(**fields: Any) -> Any:
        values = {"email": "agent@ot.fr", "programmes": [], "provider_id": None, "organisation": None}
        with db.transaction() as session:
            return create_staff(
                session, officer, programmes, idempotency_key=new_id("key"), **values | fields
            )

    for role, codes in (
        ("officer", []),
        ("officer", ["occygene-2020"]),
        ("office_officer", ["passresot66", "occygene-2020"]),
    ):
        with pytest.raises(Refusal, match="not_allowed"):
            make(role=role, programmes=codes)
    assert make(role="officer", programmes=["passresot66"])["role"] == "officer"
    with pytest.raises(Refusal, match="channel_unknown"), db.transaction() as session:
        create_partner(
            session,
            officer,
            programmes,
            idempotency_key="k",
            name="X",
            channel=channel_of_one_alone(programmes),
        )


def channel_of_one_alone(programmes: dict[str, Programme]) -> str:
    """A channel of the card's 2020 edition that the PassResOT66 has not."""
    return min(set(programmes["occygene-2020"].channels) - set(programmes["passresot66"].channels))


# --- partners ---------------------------------------------------------------------------------------------


def test_a_partner_signs_in_with_its_secret(gate: Gate, partner: Any, public_jwks: str) -> None:
    token = issue_client_token(gate, client_id=partner["client_id"], client_secret=partner["client_secret"])
    caller = Keys(public_jwks).verify(token["access_token"])
    assert (caller.kind, caller.subject, caller.channel) == (
        "partner",
        partner["partner_id"],
        "tourist_office",
    )
    assert caller.scopes == {"orders:write", "orders:read", "orders:correct"}


def test_a_stranger_is_throttled_and_cannot_lock_the_partner_out(gate: Gate, partner: Any) -> None:
    for client_id in (partner["client_id"], "par_unknown", "", "x" * 999, "\x00"):
        codes = []
        for _ in range(MAX_TRIES + 1):
            with pytest.raises(Refusal) as refusal:
                issue_client_token(gate, client_id=client_id, client_secret="guess")
            codes.append(refusal.value.code)
        assert codes == ["sign_in_refused"] * MAX_TRIES + ["too_many_attempts"]
    assert issue_client_token(gate, client_id=partner["client_id"], client_secret=partner["client_secret"])


# --- holders ----------------------------------------------------------------------------------------------


@pytest.fixture
def ask(db: Database, announced: Any, key: bytes) -> Callable[[str], str | None]:
    """Ask for a code and read it as `notify` would: None when no mail goes out."""

    def act(email: str) -> str | None:
        before = len(announced("login_code_requested"))
        with db.transaction() as session:
            request_login_code(session, email=email)
        events = announced("login_code_requested")
        if len(events) == before:
            return None
        with db.transaction() as session:
            view = get_login_code(session, key, login_code_id=events[-1]["login_code_id"])
        return view["code"]

    return act


def test_a_holder_signs_in_once_with_the_mailed_code(
    gate: Gate, register: Any, ask: Any, public_jwks: str
) -> None:
    ids = register(email="elodie@example.org")
    code = ask("Elodie@Example.org ")
    assert len(code) == 6
    assert code.isdigit()
    token = issue_email_code_token(gate, email="ELODIE@example.org", code=code)
    caller = Keys(public_jwks).verify(token["access_token"])
    assert (caller.kind, caller.subject) == ("holder", ids["account_id"])
    with pytest.raises(Refusal, match="sign_in_refused"):
        issue_email_code_token(gate, email="elodie@example.org", code=code)


def test_an_unknown_address_gets_no_mail_and_no_other_answer(gate: Gate, ask: Any) -> None:
    for email in ("nobody@example.org", "", "\x00", "\ud800"):
        assert ask(email) is None
        with pytest.raises(Refusal, match="sign_in_refused"):
            issue_email_code_token(gate, email=email, code="000000")


def test_a_code_is_over_after_five_tries_or_ten_minutes_or_a_newer_one(
    gate: Gate, register: Any, ask: Any, clock: Any
) -> None:
    def refused(code: str) -> None:
        with pytest.raises(Refusal, match="sign_in_refused"):
            issue_email_code_token(gate, email="elodie@example.org", code=code)

    register(email="elodie@example.org")
    first = ask("elodie@example.org")
    for _ in range(5):
        refused("not it")
    refused(first)
    clock.set(now() + timedelta(minutes=16))
    second = ask("elodie@example.org")
    third = ask("elodie@example.org")
    refused(second)
    clock.set(now() + timedelta(minutes=11))
    refused(third)
    assert issue_email_code_token(gate, email="elodie@example.org", code=ask("elodie@example.org"))


def test_no_more_than_three_mails_in_ten_minutes(register: Any, ask: Any) -> None:
    register(email="elodie@example.org")
    assert [ask("elodie@example.org") is not None for _ in range(5)] == [True, True, True, False, False]


def test_a_code_is_told_to_services_only_and_stored_nowhere(
    register: Any, ask: Any, db: Database, caller_of: CallerOf, key: bytes
) -> None:
    register(email="elodie@example.org")
    code = ask("elodie@example.org")
    with db.transaction() as session:
        (row,) = session.scalars(select(LoginCode)).all()
        stored = {column.name: getattr(row, column.name) for column in LoginCode.__table__.columns}
        assert code not in [str(value) for value in stored.values()]
        with pytest.raises(Refusal, match="not_found"):
            get_login_code(session, key, login_code_id="lgc_unknown")
    for kind in ("officer", "holder", "anonymous", "service"):
        with pytest.raises(Refusal, match="not_a"):
            admitted(caller_of(kind), "identity.get_login_code")
    admitted(service_caller("notify"), "identity.get_login_code")
