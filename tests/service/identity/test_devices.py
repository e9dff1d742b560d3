"""A device is created by its provider, enrolled once, and revoked for good."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from chassis.calls.caller import Caller
from chassis.calls.tokens import Keys
from chassis.clock import now
from chassis.database.engine import Database
from contracts.refusals import Refusal
from identity.credentials.client_sign_in import issue_client_token
from identity.credentials.devices import ALPHABET, check_site, create_device, enrol_device, revoke_device
from identity.credentials.sign_in import Gate
from identity.models import Device
from tests.admission import admitted

CallerOf = Callable[..., Caller]


@pytest.fixture
def create(db: Database, caller_of: CallerOf, key: bytes) -> Callable[..., Any]:
    def act(key_of_call: str = "k1", **fields: Any) -> Any:
        values = {"provider_id": "prv_1", "site_id": "sit_1", "label": "Caisse 1"} | fields
        with db.transaction() as session:
            manager = caller_of("provider_manager")
            return create_device(
                session,
                admitted(manager, "identity.create_device"),
                key,
                idempotency_key=key_of_call,
                **values,
            )

    return act


@pytest.fixture
def enrol(db: Database, key: bytes) -> Callable[[str], Any]:
    def act(code: str) -> Any:
        with db.transaction() as session:
            return enrol_device(session, key, enrolment_code=code)

    return act


@pytest.fixture
def revoke(db: Database, caller_of: CallerOf) -> Callable[..., None]:
    def act(device_id: str, key_of_call: str = "r1", **fields: Any) -> None:
        with db.transaction() as session:
            manager = caller_of("provider_manager", **fields)
            admitted(manager, "identity.revoke_device")
            revoke_device(session, manager, idempotency_key=key_of_call, device_id=device_id)

    return act


def test_an_enrolled_device_signs_in_for_its_provider_and_site(
    create: Callable[..., Any], enrol: Callable[[str], Any], gate: Gate, public_jwks: str
) -> None:
    enrolment = create()
    assert len(enrolment["enrolment_code"]) == 8
    assert set(enrolment["enrolment_code"]) <= set(ALPHABET)
    credential = enrol(enrolment["enrolment_code"])
    token = issue_client_token(
        gate, client_id=credential["client_id"], client_secret=credential["client_secret"]
    )
    caller = Keys(public_jwks).verify(token["access_token"])
    assert (caller.kind, caller.subject) == ("device", enrolment["device_id"])
    assert (caller.provider_id, caller.site_id) == ("prv_1", "sit_1")
    assert caller.scopes == {"redemptions:write", "redemptions:read", "redemptions:cancel"}


def test_a_code_is_read_as_people_type_it(create: Callable[..., Any], enrol: Callable[[str], Any]) -> None:
    code = create()["enrolment_code"]
    typed = f" {code[:4]}-{code[4:]} ".lower().replace("0", "o").replace("1", "l")
    assert enrol(typed)["client_secret"]


def test_a_code_works_once_even_when_two_use_it_at_once(
    create: Callable[..., Any], enrol: Callable[[str], Any]
) -> None:
    code = create()["enrolment_code"]

    def attempt(_: int) -> str:
        try:
            return str(enrol(code)["client_id"])
        except Refusal as refusal:
            return refusal.code

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(attempt, range(4)))
    assert answers.count("sign_in_refused") == 3


def test_wrong_old_and_revoked_codes_are_refused_alike(
    create: Callable[..., Any], enrol: Callable[[str], Any], revoke: Callable[..., None], clock: Any
) -> None:
    revoked, old = create("k1"), create("k2")
    revoke(revoked["device_id"])
    clock.set(now() + timedelta(minutes=16))
    for code in (
        revoked["enrolment_code"],
        old["enrolment_code"],
        "",
        "00000000",
        "\x00",
        "\ud800",
        "é" * 999,
    ):
        with pytest.raises(Refusal, match="sign_in_refused"):
            enrol(code)


def test_secrets_are_shown_once_and_kept_as_hashes(
    create: Callable[..., Any], enrol: Callable[[str], Any], db: Database
) -> None:
    enrolment = create()
    assert create() == {**enrolment, "enrolment_code": None}
    secret = enrol(enrolment["enrolment_code"])["client_secret"]
    with db.transaction() as session:
        (device,) = session.scalars(select(Device)).all()
    assert device.enrolment_hash is None
    assert device.secret_hash not in (None, secret)


def test_a_revoked_device_gets_no_token_and_another_providers_is_not_found(
    create: Callable[..., Any], enrol: Callable[[str], Any], revoke: Callable[..., None], gate: Gate
) -> None:
    credential = enrol(create()["enrolment_code"])
    with pytest.raises(Refusal, match="not_found"):
        revoke(credential["device_id"], provider_id="prv_2")
    with pytest.raises(Refusal, match="not_found"):
        revoke("dev_unknown", "r2")
    revoke(credential["device_id"])
    revoke(credential["device_id"])
    revoke(credential["device_id"], "r3")
    with pytest.raises(Refusal, match="sign_in_refused"):
        issue_client_token(gate, client_id=credential["client_id"], client_secret=credential["client_secret"])


class AnsweringOffers:
    """What `offers` would say of two providers; the real one is asked in the end-to-end tests."""

    def get_provider(self, *, provider_id: str) -> Any:
        if provider_id not in ("prv_1", "prv_2"):
            raise Refusal("not_found")
        state = "accepted" if provider_id == "prv_1" else "applied"
        return {
            "id": provider_id,
            "state": state,
            "programmes": ["occygene-2020"],
            "sites": [{"id": "sit_1"}],
        }


@pytest.mark.parametrize(
    ("kind", "provider_id", "site_id", "code"),
    [
        ("officer", "prv_unknown", "sit_1", "not_found"),
        ("officer", "prv_2", "sit_1", "provider_not_accepted"),
        ("officer", "prv_1", "sit_2", "not_found"),
        ("provider_manager", "prv_2", "sit_1", "not_found"),
        ("office_officer", "prv_1", "sit_1", "not_allowed"),
        ("device", "prv_1", "sit_1", "not_allowed"),
        ("anonymous", "prv_1", "sit_1", "not_authenticated"),
    ],
)
def test_a_device_needs_an_accepted_provider_its_site_and_a_right(
    caller_of: CallerOf, kind: str, provider_id: str, site_id: str, code: str
) -> None:
    offers: Any = AnsweringOffers()
    check_site(caller_of("officer"), offers, provider_id="prv_1", site_id="sit_1")
    check_site(caller_of("provider_manager"), offers, provider_id="prv_1", site_id="sit_1")
    with pytest.raises(Refusal, match=code):
        check_site(
            admitted(caller_of(kind), "identity.create_device"),
            offers,
            provider_id=provider_id,
            site_id=site_id,
        )
