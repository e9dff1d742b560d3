"""How each row of the table is asked, so that nothing is changed by whoever is let in.

``let_in`` is what somebody who was let in is answered: "ok", or the refusal that the rules come to afterwards
(the card is revoked already, the offer has no such card type).
"""

import hashlib
import hmac
import time
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.access.building import OWN, Played
from tests.e2e.conformance import people
from tests.e2e.conformance.crowd import scan_body
from tests.e2e.conformance.providers import FAMILIES, provider_body

BANK = "Bank-Signature"
NOTHING = "{}"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request but for its credential; ``ids`` go into the path in place of the usual ones."""

    let_in: str = "ok"
    body: Any = None
    query: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    pass_programme: bool = False


def asked(row: str, played: Played) -> Asked:
    """The row's request; most need nothing but their path."""
    ids, crowd = played.ids, played.crowd
    scan = scan_body(crowd.voucher("Bonus")["qr"], ids["offer_id"], 1, 1)
    secret = {"Order-Secret": played.secret}
    waiting = {"order_id": ids["waiting_order_id"]}
    order = {"programme": OWN, "card_type": "none_such", "holder": _HOLDER, "members": []}
    staff = {"email": played.staff_email, "role": "officer", "programmes": [OWN]}
    special = {
        "create_token": Asked(body=crowd.credentials),
        "record_notification": Asked(body={}, headers={BANK: "t=1,v1=00"}),
        "record_notification:signed": _signed(played),
        "request_login_code": Asked(body={"email": "nobody@example.org"}),
        "enrol_device": Asked(body={"enrolment_code": "00000000"}, let_in="sign_in_refused"),
        "find_ideas": Asked(query=f"?near=43.6,1.4&budget_cents=1800&programme={OWN}&on=2020-07-14"),
        "get_provider:applied": Asked(ids={"provider_id": ids["applied_id"]}),
        "apply_provider": Asked(
            body=provider_body("Musée", programmes=["none-such"]), let_in="programme_unknown"
        ),
        "decide_provider": Asked(body={"outcome": "accepted"}, let_in="already_decided"),
        "get_statistics": Asked(query="?from=2020-07-01&to=2020-07-31&by=day"),
        "create_offer": Asked(body={**FAMILIES, "card_types": ["none_such"]}, let_in="card_type_unknown"),
        "withdraw_offer": Asked(ids={"offer_id": ids["withdrawn_offer_id"]}),
        "place_order": Asked(body=order, let_in="card_type_unknown"),
        "get_order:with its secret": Asked(headers=secret),
        "start_payment": Asked(let_in="order_not_payable"),
        "start_payment:with its secret": Asked(headers=secret, let_in="order_not_payable"),
        "request_email_change": Asked(body=_SAME_EMAIL, let_in="email_unchanged"),
        "request_email_change:with its secret": Asked(
            body=_SAME_EMAIL, headers=secret, let_in="email_unchanged"
        ),
        "confirm_email_change": Asked(body=_NO_CODE, let_in="email_code_refused"),
        "confirm_email_change:with its secret": Asked(
            body=_NO_CODE, headers=secret, let_in="email_code_refused"
        ),
        "send_voucher_again": Asked(ids=waiting, let_in="card_not_made"),
        "send_voucher_again:with its secret": Asked(
            ids=waiting, headers={"Order-Secret": played.waiting_secret}, let_in="card_not_made"
        ),
        "find_checks": Asked(query="?state=pending"),
        "decide_check": Asked(
            body={"outcome": "accepted"}, let_in="check_already_decided", pass_programme=True
        ),
        "lookup_card": Asked(body={"qr": crowd.voucher("Bonus")["qr"]}),
        "revoke_card": Asked(
            body={"reason": "lost"}, ids={"card_id": ids["gone_card_id"]}, let_in="card_already_revoked"
        ),
        "reissue_card": Asked(ids={"card_id": ids["gone_card_id"]}, let_in="already_exists"),
        "quote": Asked(body=scan),
        "redeem": Asked(body={**scan, "party": {"adults": 9, "children": 0}}, let_in="party_not_covered"),
        "dispute_visit": Asked(body={}),
        "find_disputes": Asked(query="?state=open"),
        "decide_dispute": Asked(body={"outcome": "upheld"}, let_in="already_decided"),
        "create_partner": Asked(body={"name": "Lune", "channel": "none_such"}, let_in="channel_unknown"),
        "create_staff": Asked(body=staff, let_in="already_exists"),
        "create_provider_staff": Asked(
            body={"email": played.staff_email, "role": "provider_desk"}, let_in="already_exists"
        ),
        "create_device": Asked(body={"site_id": ids["site_id"], "label": "Caisse"}),
    }
    return special.get(row, Asked())


_SAME_EMAIL = {"email": people.MAI_LINH["email"]}
_NO_CODE = {"code": "000000"}
_HOLDER = {
    "given_name": "Nina",
    "family_name": "Tableau",
    "birth_date": "2000-02-29",
    "email": "nina@example.org",
    "address": {"street": "1 rue Haute", "postal_code": "82000", "insee": "82121"},
}


def _signed(played: Played) -> Asked:
    """A notification that the bank did sign, and that says nothing."""
    secret = played.crowd.stage.platform.wiring.secrets.bank_notification_secret  # type: ignore[attr-defined]
    at = int(time.time())
    seal = hmac.new(secret.encode(), f"{at}.{NOTHING}".encode(), hashlib.sha256).hexdigest()
    return Asked(body={}, headers={BANK: f"t={at},v1={seal}"}, let_in="invalid_field")
