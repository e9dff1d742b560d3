"""People, orders and the real family quotient server for the tests of `identity`."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm
from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.calls.caller import Caller, service_caller
from chassis.database.engine import Database
from chassis.database.tables import outbox
from chassis.events.outbox import stamp
from chassis.ids import new_id
from contracts.cards import OrderPlaced
from contracts.programmes import Programme
from identity.checking.applications import open_application
from identity.checking.check_queue import find_checks
from identity.checking.deciding import decide_check
from identity.checking.family_quotient import FamilyQuotientApi
from identity.credentials.sign_in import Gate
from identity.models import Application, Check, QuotientRead
from identity.people.households import register_household
from tests.admission import admitted

KEY = bytes(range(32))
API_TOKEN = "test-api-token"
RECIPIENT = "20005379100014"

# Families that the sandbox knows: what they write on their order, and what their quotient is.
FAMILIES: dict[str, dict[str, Any]] = {
    "aragon_999": {
        "given_name": "JEAN NOEL",
        "family_name": "d’aragon",
        "birth_date": "1983-12-24",
        "sex": "M",
    }
    | {"birth_place": {"country": "99100", "insee": "30189"}},
    "puig_1000": {"given_name": "Julien", "family_name": "Puig", "birth_date": "1985-09-30", "sex": "M"}
    | {"birth_place": {"country": "99100", "insee": "66136"}},
    "lacoste_1001": {"given_name": "Benoit", "family_name": "LACOSTE", "birth_date": "1980-08-08", "sex": "M"}
    | {"birth_place": {"country": "99100", "insee": "65440"}},
    "bernard_650": {"given_name": "elodie", "family_name": "Bernard Nunez", "birth_date": "1990-03-18"}
    | {"sex": "F", "birth_place": {"country": "99100", "insee": "34172"}},
    "stranger": {"given_name": "Personne", "family_name": "Inconnu", "birth_date": "1970-01-01", "sex": "M"}
    | {"birth_place": {"country": "99100", "insee": "31555"}},
}


@pytest.fixture
def db(database: Callable[[str], Database]) -> Database:
    return database("identity")


@pytest.fixture(scope="session")
def signing_jwk() -> str:
    jwk = OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate(), as_dict=True)
    return json.dumps({**jwk, "kid": "test-1"})


@pytest.fixture(scope="session")
def public_jwks(signing_jwk: str) -> str:
    public = {name: value for name, value in json.loads(signing_jwk).items() if name != "d"}
    return json.dumps({"keys": [public]})


@pytest.fixture
def gate(db: Database, signing_jwk: str) -> Gate:
    return Gate(transaction=db.transaction, signing_jwk=signing_jwk, key=KEY)


@pytest.fixture(scope="session")
def key() -> bytes:
    return KEY


@pytest.fixture(scope="session")
def holder_of() -> Callable[..., dict[str, Any]]:
    """``holder_of("puig_1000", email=…)``: an order's holder."""

    def make(family: str = "bernard_650", **fields: Any) -> dict[str, Any]:
        address = {"street": "3 rue des Lilas", "postal_code": "34000", "insee": "34172"}
        return {"email": f"{family}@example.org", "address": address, **FAMILIES[family], **fields}

    return make


@pytest.fixture
def register_in(
    programmes: dict[str, Programme], holder_of: Callable[..., dict[str, Any]]
) -> Callable[..., dict[str, str]]:
    """``register_in(session, "puig_1000", email=…)``: the ids of a new household."""

    def act(
        session: Session,
        family: str = "bernard_650",
        *,
        members: Any = (),
        key: str | None = None,
        programme: str = "occygene-2020",
        card_type: str = "family_bonus",
        **fields: Any,
    ) -> Any:
        return register_household(
            session,
            service_caller("cards"),
            KEY,
            programmes,
            idempotency_key=key or new_id("key"),
            programme=programme,
            card_type=card_type,
            holder=holder_of(family, **fields),
            members=list(members),
        )

    return act


@pytest.fixture
def register(db: Database, register_in: Callable[..., dict[str, str]]) -> Callable[..., dict[str, str]]:
    """``register("puig_1000", email=…)``: the same in a transaction of its own."""

    def act(*family: str, **fields: Any) -> dict[str, str]:
        with db.transaction() as session:
            return register_in(session, *family, **fields)

    return act


@pytest.fixture
def order(
    db: Database, programmes: dict[str, Programme], register: Callable[..., dict[str, str]]
) -> Callable[..., dict[str, Any]]:
    """``order("puig_1000")``: an order with its application; answers its ids and its checks' ids by kind."""

    def act(
        family: str = "bernard_650",
        *,
        programme: str = "occygene-2020",
        card_type: str = "family_bonus",
        given_programmes: Any = programmes,
        **fields: Any,
    ) -> dict[str, Any]:
        ids = register(family, programme=programme, card_type=card_type, **fields)
        event = OrderPlaced(
            **stamp(),
            order_id=new_id("ord"),
            programme=programme,
            card_type=card_type,
            household_id=ids["household_id"],
            holder_id=ids["holder_id"],
            channel="tourist_office",
            amount_due_cents=0,
        )
        with db.transaction() as session:
            open_application(session, given_programmes, event)
        with db.transaction() as session:
            rows = session.execute(
                select(Check.kind, Check.id)
                .join(Application, Application.id == Check.application_id)
                .where(Application.order_id == event.order_id)
            )
            return {**ids, "order_id": event.order_id, "checks": {row.kind: row.id for row in rows}}

    return act


@pytest.fixture
def decide(
    db: Database, programmes: dict[str, Programme], caller_of: Callable[..., Caller]
) -> Callable[..., Any]:
    def act(check_id: str, outcome: str = "accepted", reason: str | None = None, **fields: Any) -> Any:
        caller = fields.pop("caller", caller_of("officer"))
        key, note = fields.pop("key", f"{check_id}{outcome}"), fields.pop("note", None)
        with db.transaction() as session:
            return decide_check(
                session,
                admitted(caller, "identity.decide_check"),
                programmes,
                idempotency_key=key,
                check_id=check_id,
                outcome=outcome,
                reason_code=reason,
                note=note,
            )

    return act


@pytest.fixture
def queue(db: Database, caller_of: Callable[..., Caller]) -> Callable[..., Any]:
    def act(state: str = "pending", cursor: str | None = None, limit: int = 100, **fields: Any) -> Any:
        caller = admitted(fields.pop("caller", caller_of("officer")), "identity.find_checks")
        with db.transaction() as session:
            return find_checks(session, caller, state=state, cursor=cursor, limit=limit)  # type: ignore[arg-type]

    return act


@pytest.fixture
def announced(db: Database) -> Callable[[str], list[dict[str, Any]]]:
    """``announced("check_decided")``: the events of this name, oldest first."""

    def read(name: str) -> list[dict[str, Any]]:
        with db.transaction() as session:
            rows = select(outbox.c.payload).where(outbox.c.name == name).order_by(outbox.c.seq)
            return list(session.scalars(rows))

    return read


@pytest.fixture
def check_of(db: Database) -> Callable[[str], Check]:
    def read(check_id: str) -> Check:
        with db.transaction() as session:
            return session.get_one(Check, check_id)

    return read


@pytest.fixture
def work_of(db: Database) -> Callable[[str], QuotientRead | None]:
    def read(check_id: str) -> QuotientRead | None:
        with db.transaction() as session:
            return session.get(QuotientRead, check_id)

    return read


@pytest.fixture(scope="session")
def quotient_url() -> Iterator[str]:
    """The address of a real family quotient server."""
    environment = {**os.environ, "FAMILY_QUOTIENT_PORT": "0", "FAMILY_QUOTIENT_API_TOKEN": API_TOKEN}
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.family_quotient"], env=environment, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        found = (re.search(r" ready on (\S+)", line) for line in process.stderr)
        yield next(match.group(1) for match in found if match)
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.fixture(scope="session")
def api(quotient_url: str) -> FamilyQuotientApi:
    return FamilyQuotientApi(url=quotient_url, token=API_TOKEN, recipient=RECIPIENT)


@pytest.fixture
def server(quotient_url: str) -> Iterator[httpx.Client]:
    """The handles of the server; what a test left to go wrong is forgotten."""
    with httpx.Client(base_url=quotient_url) as client:
        client.put("/_faults", json=[])
        yield client


@pytest.fixture
def calls_made(server: httpx.Client) -> Callable[[], int]:
    """How many calls the server has answered since the test began."""
    before = server.get("/_calls").json()["count"]
    return lambda: server.get("/_calls").json()["count"] - before
