"""The OpenAPI document says what the application does, and its shapes are those of the contracts."""

import json
import re
from typing import Any, get_type_hints

import pytest
import schemathesis

from contracts import cards, identity, offers, wallet
from contracts.access import SCOPES
from gateway.problems import all_codes
from gateway.schemas import cards as card_shapes
from gateway.schemas import (
    checks,
    credentials,
    disputes,
    orders,
    people,
    programmes,
    providers,
    redemptions,
    statistics,
)
from gateway.schemas import offers as offer_shapes

# Every call of the design, and those that the issue adds.
CALLS = [
    "GET /v1/programmes",
    "GET /v1/programmes/{code}",
    "POST /v1/oauth/token",
    "POST /v1/oauth/email-codes",
    "POST /v1/orders",
    "GET /v1/orders/{order_id}",
    "POST /v1/orders/{order_id}/payment",
    "POST /v1/orders/{order_id}/email-changes",
    "POST /v1/orders/{order_id}/email-changes/confirm",
    "POST /v1/orders/{order_id}/voucher-mails",
    "POST /v1/payments/notifications",
    "GET /v1/payments/return",
    "GET /v1/me",
    "GET /v1/me/orders",
    "GET /v1/me/visits",
    "GET /v1/me/visits/stream",
    "POST /v1/me/visits/{redemption_id}/dispute",
    "GET /v1/disputes",
    "POST /v1/disputes/{dispute_id}/decision",
    "GET /v1/providers/{provider_id}/visits",
    "GET /v1/providers/{provider_id}/visits/stream",
    "GET /v1/checks",
    "POST /v1/checks/{check_id}/decision",
    "GET /v1/cards/{card_id}",
    "GET /v1/cards/{card_id}/voucher.pdf",
    "GET /v1/cards/{card_id}/qr.svg",
    "GET /v1/cards/{card_id}/pot",
    "GET /v1/cards/{card_id}/savings",
    "GET /v1/cards/{card_id}/redemptions",
    "POST /v1/cards/lookup",
    "POST /v1/cards/{card_id}/revocation",
    "POST /v1/cards/{card_id}/reissue",
    "POST /v1/provider-applications",
    "GET /v1/providers",
    "GET /v1/ideas",
    "GET /v1/providers/{provider_id}",
    "POST /v1/providers/{provider_id}/decision",
    "POST /v1/providers/{provider_id}/offers",
    "POST /v1/providers/{provider_id}/offers/{offer_id}/publication",
    "POST /v1/providers/{provider_id}/offers/{offer_id}/withdrawal",
    "POST /v1/providers/{provider_id}/devices",
    "POST /v1/devices/enrolment",
    "POST /v1/devices/{device_id}/revocation",
    "POST /v1/quotes",
    "POST /v1/redemptions",
    "GET /v1/redemptions",
    "POST /v1/redemptions/{redemption_id}/cancellation",
    "GET /v1/providers/{provider_id}/statistics",
    "GET /v1/providers/{provider_id}/balance",
    "POST /v1/partners",
    "POST /v1/staff",
    "GET /healthz",
    "GET /readyz",
]

# What a service answers or takes, and the schema that stands for it.
SAME_FIELDS = [
    (cards.ProgrammeView, programmes.ProgrammeAnswer),
    (cards.CardTypeView, programmes.CardTypeAnswer),
    (cards.OrderRequest, orders.OrderRequest),
    (cards.OrderView, orders.PlacedOrderAnswer),
    (cards.CardView, card_shapes.CardAnswer),
    (cards.PotsView, card_shapes.PotsAnswer),
    (cards.PotView, card_shapes.PotAnswer),
    (cards.ScanRequest, redemptions.ScanRequest),
    (cards.ScanAnswer, redemptions.ScanAnswer),
    (cards.CardHolderShown, redemptions.ShownHolderAnswer),
    (cards.RedemptionView, redemptions.RedemptionAnswer),
    (cards.RedemptionPage, redemptions.RedemptionsAnswer),
    (cards.DisputeView, disputes.DisputeAnswer),
    (cards.DisputedVisit, disputes.DisputedVisitAnswer),
    (cards.OfficerDisputeView, disputes.OfficerDisputeAnswer),
    (cards.DisputePage, disputes.DisputesAnswer),
    (identity.Holder, people.HolderRequest),
    (identity.Holder, people.HolderAnswer),
    (identity.Person, people.PersonRequest),
    (identity.BirthPlace, people.BirthPlaceRequest),
    (identity.CheckView, orders.CheckAnswer),
    (identity.OfficerCheckView, checks.OfficerCheckAnswer),
    (identity.AlsoIn, checks.AlsoInAnswer),
    (identity.CheckPage, checks.ChecksAnswer),
    (identity.Token, credentials.TokenAnswer),
    (identity.PartnerCredential, credentials.PartnerAnswer),
    (identity.StaffCredential, credentials.StaffAnswer),
    (identity.Enrolment, credentials.EnrolmentCodeAnswer),
    (identity.DeviceCredential, credentials.DeviceAnswer),
    (wallet.PaymentView, orders.PaymentAnswer),
    (wallet.ProviderBalance, statistics.BalanceAnswer),
    (offers.ProviderApplication, providers.ProviderRequest),
    (offers.ContactPoint, providers.ContactRequest),
    (offers.SiteRequest, providers.SiteRequest),
    (offers.SiteView, providers.SiteAnswer),
    (offers.ProviderView, providers.ProviderAnswer),
    (offers.ProviderPage, providers.ProvidersAnswer),
    (offers.OfferRequest, offer_shapes.OfferRequest),
    (offers.OfferView, offer_shapes.OfferAnswer),
    (offers.Statistics, statistics.StatisticsAnswer),
    (offers.StatisticsRow, statistics.StatisticsRowAnswer),
]


@pytest.fixture
def spec(gateway: Any) -> Any:
    return gateway.http.get("/v1/openapi.json").json


def _operations(spec: Any) -> list[tuple[str, Any]]:
    return [
        (f"{method.upper()} {path}", one)
        for path, item in spec["paths"].items()
        for method, one in item.items()
        if method in ("get", "post", "put", "delete")
    ]


def test_the_document_names_exactly_the_calls_of_the_design(spec: Any) -> None:
    assert spec["openapi"] == "3.1.0"
    assert {name for name, _ in _operations(spec)} == set(CALLS)


def test_the_document_is_valid_and_has_no_dangling_reference(spec: Any) -> None:
    schemathesis.openapi.from_dict(spec).validate()
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(spec)):
        place = spec
        for part in reference.split("/"):
            place = place[part]
    names = [one["operationId"] for _, one in _operations(spec)]
    assert len(names) == len(set(names))


def test_every_call_documents_its_problems_and_nothing_is_left_to_default(spec: Any) -> None:
    for name, one in _operations(spec):
        documented = set(one["responses"])
        assert {"400", "401", "404", "422", "429", "500", "503"} <= documented, name
        if name.startswith("POST"):
            assert {"403", "409", "413", "415"} <= documented, name
        assert "default" not in documented
        assert one["summary"]
    statuses = {str(status) for status, _ in all_codes().values()}
    every = set().union(*(one["responses"] for _, one in _operations(spec)))
    # These are about no call in particular: a method, a media type, an address or headers that none has.
    assert statuses - {"405", "406", "414", "431"} <= every


def test_every_scope_asked_for_is_explained(spec: Any) -> None:
    flows = spec["components"]["securitySchemes"]["oauth2"]["flows"]
    needs = [need for _, one in _operations(spec) for need in one["security"]]
    asked = {scope for need in needs for scope in need.get("oauth2", [])}
    assert asked <= set(flows["clientCredentials"]["scopes"]) == set(SCOPES)


def test_no_text_or_list_of_a_request_is_without_a_limit(spec: Any) -> None:
    for name, schema in spec["components"]["schemas"].items():
        if not name.endswith("Request"):
            continue
        assert schema["additionalProperties"] is False, name
        for field, one in schema["properties"].items():
            _assert_limited(f"{name}.{field}", one)


def _assert_limited(name: str, one: dict[str, Any]) -> None:
    kinds = one.get("type", [])
    if "string" in kinds:
        assert {"maxLength", "enum", "format"} & set(one), name
    if "integer" in kinds or "number" in kinds:
        assert {"minimum", "maximum"} <= set(one), name
    if "array" in kinds:
        assert "maxItems" in one, name
        _assert_limited(name, one["items"])


@pytest.mark.parametrize(("contract", "schema"), SAME_FIELDS, ids=lambda one: one.__name__)
def test_schemas_have_the_fields_of_the_contracts(contract: Any, schema: Any) -> None:
    attributes = {field.attribute or name for name, field in schema().fields.items()}
    assert attributes == set(get_type_hints(contract))


def test_the_docs_page_loads_nothing_and_explains_every_code(gateway: Any) -> None:
    page = gateway.http.get("/v1/docs").text
    assert not re.search(r'(src|@import|url\()\s*=?\s*"?https?:', page)
    assert "<script" not in page
    for code in all_codes():
        assert f'id="problem-{code}"' in page
    for scope in SCOPES:
        assert scope in page
    for target in set(re.findall(r'href="#([^"]+)"', page)):
        assert f'id="{target}"' in page
