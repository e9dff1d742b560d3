"""What the table of access is played on: a caller for each column, and one object of each kind for all."""

from dataclasses import dataclass
from typing import Any

from demo.acts.checking import wait_for_card
from demo.acts.opening import take_in
from demo.acts.ordering import order
from demo.api import Refused, Visitor
from demo.stage import eventually
from tests.e2e.access.table import COLUMNS
from tests.e2e.conformance import people
from tests.e2e.conformance.building import _checks, _staff, accept, enrol
from tests.e2e.conformance.crowd import MOMENT, Crowd, scan_body
from tests.e2e.conformance.providers import FAMILIES, provider_body

OWN, OTHER = "occygene-2020", "passresot66"
DESK = "Musée du tableau"
# A token lives 15 minutes: at MOMENT this one is over.
LONG_BEFORE = (2020, 7, 11, 13, 44)
Headers = dict[str, str]
Column = tuple[str, str]


@dataclass
class Played:
    """``headers`` by column; ``ids`` are the one object of each kind; ``secret`` is the order's,
    ``waiting_secret`` that of one without a card."""

    crowd: Crowd
    headers: dict[Column, Headers]
    ids: dict[str, str]
    secret: str
    waiting_secret: str
    staff_email: str
    revoked: Visitor

    def by(self, column: Column, *, pass_programme: bool) -> Headers:
        """The column's credential; of the other programme's object the owners are the other way round."""
        role, side = column
        turned = {"own": "other", "other": "own"}.get(side, side)
        return self.headers[role, turned if pass_programme and "officer" in role else side]


def build(crowd: Crowd) -> Played:
    """Everything through the public API; two devices are revoked, one long ago and one just now."""
    stage, officer = crowd.stage, crowd.callers["officer"]
    body = provider_body(DESK, programmes=[OWN])
    take_in(stage, {**body, "offers": [{**FAMILIES, "site": None}, {**FAMILIES, "site": None}]})
    provider, offers = stage.cast.providers[DESK], stage.cast.offers[DESK]
    ids = {**crowd.mine, "code": OWN, "provider_id": provider["id"], "site_id": provider["sites"][0]["id"]}
    ids |= {"offer_id": offers[0]["id"], "withdrawn_offer_id": offers[1]["id"]}
    officer.post(f"/v1/providers/{provider['id']}/offers/{offers[1]['id']}/withdrawal")
    candidate = provider_body("Candidat", programmes=[OWN])
    applied = crowd.api.public().post("/v1/provider-applications", candidate)
    ids["applied_id"] = applied["id"]
    stage.move_to(*LONG_BEFORE)
    _, over = _revoked(crowd, ids)
    stage.move_to(*MOMENT)
    revoked, running = _revoked(crowd, ids)
    ids["device_id"] = revoked.name
    device = crowd.api.client("device", enrol(crowd, ids))
    ids["redemption_id"], ids["dispute_id"] = _undone_redemption(crowd, device, ids)
    ids["gone_card_id"] = _replaced_card(crowd)
    order(stage, "Waiting", crowd.callers["partner"], "family_bonus", people.MAI_LINH, [people.EVA])
    ids["waiting_order_id"] = crowd.order("Waiting")["id"]
    ids["check_id"] = _checks(crowd, "Staff")[0]["id"]
    callers = _callers(crowd, ids, device)
    headers = {column: _headers(visitor) for column, visitor in callers.items()}
    headers |= {("revoked_device", "now"): running, ("revoked_device", "later"): over}
    assert set(headers) == set(COLUMNS)
    secrets = [crowd.order(name)["order_secret"] for name in ("Bonus", "Waiting")]
    return Played(crowd, headers, ids, *secrets, _known_staff(officer), revoked)


def _callers(crowd: Crowd, ids: dict[str, str], device: Visitor) -> dict[Column, Visitor]:
    known = crowd.callers
    return {
        ("anonymous", "any"): known["anonymous"],
        ("partner", "own"): known["partner"],
        ("partner", "other"): known["other_partner"],
        ("holder", "own"): known["holder"],
        ("holder", "other"): known["other_holder"],
        ("device", "own"): device,
        ("device", "other"): known["other_device"],
        ("provider_manager", "own"): _staff(crowd, role="provider_manager", provider_id=ids["provider_id"]),
        ("provider_manager", "other"): known["other_manager"],
        ("provider_desk", "own"): _staff(crowd, role="provider_desk", provider_id=ids["provider_id"]),
        ("provider_desk", "other"): known["other_desk"],
        ("office_officer", "own"): _staff(crowd, role="office_officer", programmes=[OWN]),
        ("office_officer", "other"): known["office_officer"],
        ("officer", "all"): known["officer"],
        ("officer", "own"): _staff(crowd, role="officer", programmes=[OWN]),
        ("officer", "other"): _staff(crowd, role="officer", programmes=[OTHER]),
    }


def _headers(visitor: Visitor) -> Headers:
    if visitor.sign_in is None:
        return {}
    visitor._token = visitor._token or visitor.sign_in()
    return {"Authorization": f"Bearer {visitor._token}"}


def _revoked(crowd: Crowd, ids: dict[str, str]) -> tuple[Visitor, Headers]:
    """A device that signed in and was then revoked, and the token that it still has."""
    credential = enrol(crowd, ids)
    device = crowd.api.client(credential["device_id"], credential)
    headers = _headers(device)
    device._token = None
    crowd.callers["officer"].post(f"/v1/devices/{credential['device_id']}/revocation")
    return device, headers


def _undone_redemption(crowd: Crowd, device: Visitor, ids: dict[str, str]) -> tuple[str, str]:
    """It was disputed before it was undone, and the officer rejected that: none of it can be done again."""
    scan = scan_body(crowd.voucher("Bonus")["qr"], ids["offer_id"], 1, 1)
    # The offer comes to the desk by an event.
    eventually(lambda: _is_known(device, scan), "the offer at the desk")
    redemption_id: str = device.post("/v1/redemptions", scan)["id"]
    disputed = crowd.callers["holder"].post(f"/v1/me/visits/{redemption_id}/dispute", {})
    crowd.callers["officer"].post(f"/v1/disputes/{disputed['id']}/decision", {"outcome": "rejected"})
    device.post(f"/v1/redemptions/{redemption_id}/cancellation")
    return redemption_id, disputed["id"]


def _is_known(device: Visitor, scan: dict[str, Any]) -> bool:
    try:
        device.post("/v1/quotes", scan)
    except Refused as refused:
        return refused.code != "offer_unknown"
    return True


def _replaced_card(crowd: Crowd) -> str:
    """A lost card of the same account, with a new one in its place: whoever may, cannot do more to it."""
    stage, officer = crowd.stage, crowd.callers["officer"]
    # Another household: for the same one an officer would have to say why it gets a second pot.
    same_account = {**people.LOIC, "email": people.MAI_LINH["email"]}
    order(stage, "Gone", crowd.callers["partner"], "family_bonus", same_account, people.LOIC_MEMBERS)
    accept(crowd, "Gone", "officer")
    wait_for_card(stage, "Gone")
    card_id: str = crowd.order("Gone")["card_id"]
    officer.post(f"/v1/cards/{card_id}/revocation", {"reason": "lost"})
    officer.post(f"/v1/cards/{card_id}/reissue")
    return card_id


def _known_staff(officer: Visitor) -> str:
    made: dict[str, Any] = officer.post(
        "/v1/staff", {"email": f"tableau-{people.RUN}@example.org", "role": "officer", "programmes": [OWN]}
    )
    email: str = made["email"]
    return email
