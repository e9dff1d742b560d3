"""Right bodies for the calls that take one, by operationId: tests vary them field by field."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from demo.stage import PARIS
from tests.e2e.conformance import people
from tests.e2e.conformance.crowd import MOMENT, Crowd, scan_body
from tests.e2e.conformance.providers import FAMILIES, provider_body

Body = dict[str, Any]


def right_bodies(crowd: Crowd, site_id: str) -> dict[str, list[Body]]:
    """One or two bodies each that a fitting caller could send with success; the first one has every field."""
    return {
        "create_token": [_password(), crowd.credentials],
        "request_login_code": [{"email": people.MAI_LINH["email"]}],
        "place_order": [_order(), {**_order(), "card_type": "youth", "members": []}],
        "request_email_change": [{"email": f"corrigee-{people.RUN}@example.org"}],
        "confirm_email_change": [{"code": "000000"}],
        "decide_check": [_REFUSAL, {"outcome": "accepted"}],
        "lookup_card": [{name: crowd.voucher("Bonus")[name]} for name in ("number", "qr")],
        "revoke_card": [{"reason": "lost"}],
        "dispute_visit": [{"note": "Nous étions à Foix ce jour-là,\ntous les trois."}, {}],
        "decide_dispute": [{"outcome": "rejected", "note": "vu avec le prestataire"}, {"outcome": "upheld"}],
        "quote": _scans(crowd),
        "redeem": _scans(crowd),
        "apply_provider": [provider_body("Musée qui candidate")],
        "decide_provider": [{"outcome": "accepted", "reason": "complet"}],
        "create_offer": [{**FAMILIES, "site_ids": [site_id], "season": [_SEASON]}, _FIXED_PRICE],
        "create_partner": [{"name": "Office de Foix", "channel": "tourist_office"}],
        "create_staff": [_staff()],
        "create_provider_staff": [{"email": f"{uuid4().hex}@example.org", "role": "provider_desk"}],
        "create_device": [{"site_id": site_id, "label": "Caisse 1"}],
        "enrol_device": [{"enrolment_code": crowd.spare["enrolment_code"][0]}],
    }


_SEASON = {"from": "04-01", "to": "10-31"}
_REFUSAL = {"outcome": "refused", "reason_code": "other", "note": "illisible"}
_FIXED_PRICE = {**FAMILIES, "kind": "fixed_price", "price_cents": 300}


def _scans(crowd: Crowd) -> list[Body]:
    typed = scan_body(
        crowd.voucher("Bonus")["number"],
        crowd.offers["families"],
        adults=1,
        pay_cents=1,
        card_code=crowd.voucher("Bonus")["code"],
        occurred_at=datetime(*MOMENT, tzinfo=PARIS).isoformat(),
    )
    shown = scan_body(crowd.voucher("Spare")["qr"], crowd.offers["young"], adults=1, children=0)
    return [typed, shown]


def _staff() -> Body:
    return {
        "email": f"{uuid4().hex}@example.org",
        "role": "office_officer",
        "programmes": ["passresot66"],
        "provider_id": None,
        "organisation": "Office de Foix",
    }


def _password() -> Body:
    return {
        "grant_type": "password",
        "username": f"{uuid4().hex}@example.org",
        "password": "not the password",
        "new_password": "neither is this one",
        "scope": "any",
    }


def _order() -> Body:
    holder = {
        **people.young("Nina"),
        "phone": "+33 5 61 00 00 00",
        "birth_name": "Conforme",
        "sex": "F",
        "birth_place": {"country": "99100", "insee": "31555"},
        "organisation": "Office de Foix",
        "contract_end": "2020-09-30",
    }
    return {
        "programme": "occygene-2020",
        "card_type": "family",
        "holder": holder,
        "members": [people.EVA],
        "channel_note": "au guichet\nun mardi",
    }
