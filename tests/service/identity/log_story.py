"""A little of everything that `identity` does, with its real logging at its most talkative: run by a test."""

import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from chassis.calls.caller import Caller, service_caller
from chassis.database.engine import Database
from chassis.events.outbox import stamp
from chassis.log import configure_logging, failure, get_logger
from chassis.settings import text_files
from contracts.cards import OrderPlaced
from contracts.identity import Token
from contracts.programmes import read_programmes
from contracts.refusals import Refusal
from identity.checking import applications, check_queue, deciding, quotient_reading
from identity.checking.family_quotient import FamilyQuotientApi
from identity.create_officer import create_officer
from identity.credentials import login_codes, staff_sign_in
from identity.credentials.sign_in import Gate
from identity.models import Account, Application
from identity.people import households

KEY = bytes(32)
ELODIE = {
    "given_name": "Élodie",
    "family_name": "Bérnard-Núñez",
    "birth_date": "1990-03-18",
    "email": "elodie.privee@example.org",
    "phone": "06 12 34 56 78",
    "address": {"street": "27 rue du Courreau", "postal_code": "34070", "insee": "34172"},
    "sex": "F",
    "birth_place": {"country": "99100", "insee": "34172"},
}

configure_logging("identity", "debug")
db = Database(os.environ["DATABASE_URL"], pool_size=2)
programmes = read_programmes(text_files(Path(os.environ["PROGRAMMES_DIR"]), ".toml"))
api = FamilyQuotientApi(url=os.environ["QUOTIENT_URL"], token="test-api-token", recipient="20005379100014")
gate = Gate(transaction=db.transaction, signing_jwk=os.environ["TOKEN_SIGNING_KEY"], key=KEY)
officer = Caller(kind="staff", subject="stf_1", role="officer", scopes=frozenset({"checks:decide"}))

for order_id, api_url in (("ord_1", api.url), ("ord_2", "http://127.0.0.1:1")):
    with db.transaction() as session:
        ids = households.register_household(
            session,
            service_caller("cards"),
            KEY,
            programmes,
            idempotency_key=order_id,
            programme="occygene-2020",
            card_type="family_bonus",
            holder=ELODIE,
            members=[],
        )
        placed = OrderPlaced(
            **stamp(),
            order_id=order_id,
            programme="occygene-2020",
            card_type="family_bonus",
            household_id=ids["household_id"],
            holder_id=ids["holder_id"],
            channel="crt",
            amount_due_cents=0,
        )
        applications.open_application(session, programmes, placed)
    asked = FamilyQuotientApi(url=api_url, token=api.token, recipient=api.recipient)
    quotient_reading.read_due_quotients(db.transaction, asked, programmes)

with db.transaction() as session:
    page = check_queue.find_checks(session, officer, state="pending", cursor=None, limit=10)
    deciding.decide_check(
        session,
        officer,
        programmes,
        idempotency_key="k",
        check_id=page["checks"][0]["id"],
        outcome="refused",
        reason_code="identity_mismatch",
        note="Papiers au nom de Mme Secrète",
    )
with db.transaction() as session:
    password = create_officer(session, "chef.prive@example.org")["one_time_password"]
    login_codes.request_login_code(session, email="elodie.privee@example.org")
attempts: list[Callable[[], Token]] = [
    lambda: staff_sign_in.issue_password_token(
        gate, username="chef.prive@example.org", password=password, new_password="mot de passe secret"
    ),
    lambda: staff_sign_in.issue_password_token(
        gate, username="chef.prive@example.org", password="faux secret", new_password=None
    ),
    lambda: login_codes.issue_email_code_token(gate, email="elodie.privee@example.org", code="000000"),
]
for attempt in attempts:
    with suppress(Refusal):
        attempt()

# Even a failure that quotes the row says nothing.
for row in (
    Account(id="acc_1", email="elodie.privee@example.org", created_at=None),
    Application(id="app_1", order_id=None),
):
    try:
        with db.transaction() as session:
            session.add(row)
    except Exception as error:
        get_logger().error("story_failed", **failure(error))
        logging.getLogger("somewhere").warning("%s", error.__class__.__name__)
print("the story is over", file=sys.stderr)
