"""Each call that changes a check, an application or a credential leaves an entry: who, what, to which."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from chassis.database.engine import Database
from chassis.ids import new_id
from contracts.refusals import Refusal
from identity.checking import deciding
from identity.create_officer import create_officer
from identity.credentials import devices, login_codes, partners, renewing, staff, staff_sign_in
from identity.credentials.client_sign_in import issue_client_token
from identity.credentials.sign_in import Gate
from identity.credentials.throttling import MAX_TRIES
from identity.email_changes import confirming, requesting
from identity.email_changes.models import EmailChange
from identity.mailed_digits import digits_of
from tests.audited import changing_calls, entries_of, everything_audited

Acts = list[tuple[str, str, str]]
EMAIL = "bernard_650@example.org"
PASSWORD = "un mot de passe choisi"


class World:
    """What the acts need."""

    def __init__(
        self, db: Database, gate: Gate, key: bytes, programmes: Any, caller_of: Any, order: Any, register: Any
    ) -> None:
        self.db, self.gate, self.key, self.programmes = db, gate, key, programmes
        self.caller_of, self.order, self.register = caller_of, order, register
        self.officer, self.manager = caller_of("officer"), caller_of("provider_manager")

    def entries(self, rule: Callable[..., Any], *given: Any, **named: Any) -> tuple[Any, Acts]:
        """In a transaction of its own."""

        def act() -> Any:
            with self.db.transaction() as session:
                return rule(session, *given, **named)

        return entries_of(self.db, act)

    def do(self, rule: Callable[..., Any], *given: Any, **named: Any) -> Any:
        return self.entries(rule, *given, **named)[0]

    def device(self) -> Any:
        return self.do(devices.create_device, self.manager, self.key, **keyed(), **DEVICE)

    def code(self) -> str:
        """Ask for a sign-in code; its digits."""
        self.do(login_codes.request_login_code, email=EMAIL)
        with self.db.transaction() as session:
            newest = session.query(login_codes.LoginCode.id).order_by(login_codes.LoginCode.id.desc()).first()
        assert newest is not None
        return digits_of(self.key, "login_code", newest.id)


DEVICE = {"provider_id": "prv_1", "site_id": "sit_1", "label": "Caisse 1"}


def keyed() -> dict[str, str]:
    return {"idempotency_key": new_id("key")}


@pytest.fixture
def world(
    db: Database, gate: Gate, key: bytes, programmes: Any, caller_of: Any, order: Any, register: Any
) -> World:
    return World(db, gate, key, programmes, caller_of, order, register)


def register_household(world: World) -> tuple[Acts, Acts]:
    ids, left = entries_of(world.db, world.register)
    return left, [("service:cards", "household_registered", ids["household_id"])]


def decide_check(world: World) -> tuple[Acts, Acts]:
    check_id = world.order(card_type="family")["checks"]["residence"]
    verdict = {"check_id": check_id, "outcome": "accepted", "reason_code": None, "note": "vu à Nîmes"}
    _, left = world.entries(deciding.decide_check, world.officer, world.programmes, **keyed(), **verdict)
    return left, [("stf_officer", "check_decided", check_id)]


def create_partner(world: World) -> tuple[Acts, Acts]:
    named = {"name": "OT de Céret", "channel": "tourist_office"}
    made, left = world.entries(partners.create_partner, world.officer, world.programmes, **keyed(), **named)
    return left, [("stf_officer", "partner_created", made["partner_id"])]


def create_staff(world: World) -> tuple[Acts, Acts]:
    wanted = {"email": "agent@ot.fr", "role": "officer", "programmes": [], "provider_id": None}
    made, left = world.entries(
        staff.create_staff, world.officer, world.programmes, **keyed(), **wanted, organisation=None
    )
    return left, [("stf_officer", "staff_created", made["staff_id"])]


def create_device(world: World) -> tuple[Acts, Acts]:
    made, left = entries_of(world.db, world.device)
    return left, [("stf_manager", "device_created", made["device_id"])]


def enrol_device(world: World) -> tuple[Acts, Acts]:
    made = world.device()
    _, left = world.entries(devices.enrol_device, world.key, enrolment_code=made["enrolment_code"])
    return left, [(made["device_id"], "device_enrolled", made["device_id"])]


def revoke_device(world: World) -> tuple[Acts, Acts]:
    device_id = world.device()["device_id"]
    _, left = world.entries(devices.revoke_device, world.manager, **keyed(), device_id=device_id)
    assert world.entries(devices.revoke_device, world.manager, **keyed(), device_id=device_id)[1] == []
    return left, [("stf_manager", "device_revoked", device_id)]


def request_login_code(world: World) -> tuple[Acts, Acts]:
    account_id = world.register()["account_id"]
    _, left = world.entries(login_codes.request_login_code, email=EMAIL)
    return left, [("anonymous", "login_code_requested", account_id)]


def issue_email_code_token(world: World) -> tuple[Acts, Acts]:
    account_id = world.register()["account_id"]
    code = world.code()
    sign_in = login_codes.issue_email_code_token
    _, left = entries_of(world.db, lambda: sign_in(world.gate, email=EMAIL, code=code))
    return left, [(account_id, "signed_in", account_id)]


def issue_password_token(world: World) -> tuple[Acts, Acts]:
    made = world.do(create_officer, "chef@example.org")
    given = {"username": "chef@example.org", "password": made["one_time_password"], "new_password": PASSWORD}
    _, left = entries_of(world.db, lambda: staff_sign_in.issue_password_token(world.gate, **given))
    id = made["staff_id"]
    return left, [(id, "signed_in", id), (id, "password_changed", id)]


def end_sign_in(world: World) -> tuple[Acts, Acts]:
    made = world.do(create_officer, "agente@example.org")
    given = {
        "username": "agente@example.org",
        "password": made["one_time_password"],
        "new_password": PASSWORD,
    }
    token = {"refresh_token": staff_sign_in.issue_password_token(world.gate, **given)["refresh_token"]}
    _, left = world.entries(renewing.end_sign_in, **token)
    assert world.entries(renewing.end_sign_in, **token)[1] == []
    return left, [(made["staff_id"], "sign_in_ended", made["staff_id"])]


def _change(world: World, order: Any) -> Any:
    """Ask for another address for the order; what was left."""
    wanted = {"email": "elodie@example.org"}
    _, left = world.entries(
        requesting.request_email_change, world.officer, world.key, order, **keyed(), **wanted
    )
    return left


def request_email_change(world: World) -> tuple[Acts, Acts]:
    order = world.order()
    left = _change(world, order)
    return left, [("stf_officer", "email_change_requested", order["order_id"])]


def confirm_email_change(world: World) -> tuple[Acts, Acts]:
    order = world.order()
    _change(world, order)
    with world.db.transaction() as session:
        by_order = EmailChange.order_id == order["order_id"]
        change_id = session.scalars(select(EmailChange.id).where(by_order)).one()
    confirm, digits = confirming.confirm_email_change, digits_of(world.key, "email_change", change_id)
    given = (world.db.transaction, world.officer, world.key, order)
    _, left = entries_of(world.db, lambda: confirm(*given, **keyed(), code=digits))
    return left, [("stf_officer", "email_changed", order["order_id"])]


ACTS = (
    *(register_household, decide_check, create_partner, create_staff, create_device, enrol_device),
    *(revoke_device, request_login_code, issue_email_code_token, issue_password_token),
    *(request_email_change, confirm_email_change, end_sign_in),
)
CALLS = {act.__name__: act for act in ACTS}


@pytest.mark.parametrize("name", sorted(changing_calls("identity")))
def test_a_call_that_changes_something_says_who_did_what_to_which(world: World, name: str) -> None:
    left, expected = CALLS[name](world)
    assert left == expected


def test_an_application_is_opened_by_cards_and_ended_by_whoever_decided(world: World) -> None:
    ordered, left = entries_of(world.db, lambda: world.order(card_type="family"))
    assert [entry[:2] for entry in left] == [
        ("service:cards", "household_registered"),
        ("service:cards", "application_opened"),
    ]
    check_id = next(iter(ordered["checks"].values()))
    verdict = {"check_id": check_id, "outcome": "refused", "reason_code": "not_resident", "note": None}
    _, left = world.entries(deciding.decide_check, world.officer, world.programmes, **keyed(), **verdict)
    assert [entry[:2] for entry in left] == [
        ("stf_officer", "check_decided"),
        ("stf_officer", "application_refused"),
    ]


@pytest.mark.parametrize("way", ["client", "staff", "holder", "nobody"])
def test_who_has_used_up_all_tries_is_written_down_once(world: World, way: str) -> None:
    object_id = {
        "client": lambda: world.device()["device_id"],
        "staff": lambda: world.do(create_officer, "chef@example.org")["staff_id"],
        "holder": lambda: world.register()["account_id"],
        "nobody": lambda: "unknown",
    }[way]()

    def fail() -> None:
        with pytest.raises(Refusal):
            if way == "client":
                issue_client_token(world.gate, client_id=object_id, client_secret="x")
            elif way == "holder":
                login_codes.issue_email_code_token(world.gate, email=EMAIL, code="x")
            else:
                staff_sign_in.issue_password_token(
                    world.gate, username="chef@example.org", password="x", new_password=None
                )

    _, left = entries_of(world.db, lambda: [fail() for _ in range(MAX_TRIES + 3)])
    assert left == [("anonymous", "sign_in_tries_used_up", object_id)]


def test_an_entry_holds_nobodys_name_or_address(world: World) -> None:
    for act in ACTS:
        act(world)
    said = everything_audited(world.db)
    assert "signed_in" in said
    for personal in ("lodie", "Bernard", "@", "lilas", "Caisse", "Céret", "Nîmes", PASSWORD):
        assert personal.lower() not in said.lower()
