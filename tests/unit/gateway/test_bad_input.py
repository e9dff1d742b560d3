"""Every field of every body and query: wrong ones are 4xx problems by name, and no service is asked."""

import copy
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.app import RESOURCES
from gateway.reading import BODY_BYTES_MAX

ID = "01k9aaaaaaaaaaaaaaaaaaaaaa"
PERSON = {"given_name": "Zoé", "family_name": "D’Hers", "birth_date": "2012-02-29"}
SITE = {
    "name": "Base nautique",
    "street": "1 rue du Gué",
    "postal_code": "09200",
    "insee": "09261",
    "latitude": 42.98,
    "longitude": 1,
    "booking_required": False,
    "opening": [{"from": "04-01", "to": "10-31"}],
}
SCAN = {
    "card": "OCY1:AAAAAAAAAAAAAAAAAAAAAAAAAA",
    "card_code": "1234",
    "offer_id": f"off_{ID}",
    "party": {"adults": 2, "children": 3},
    "gross_cents": 6200,
    "pay_cents": 1000,
    "occurred_at": "2020-07-11T10:00:00+02:00",
}

# A right body for every call that takes one, every optional field given.
BODIES: dict[str, dict[str, Any]] = {
    "/v1/oauth/email-codes": {"email": "a@example.org"},
    "/v1/oauth/revocations": {"token": "t0ken"},
    "/v1/orders": {
        "programme": "occygene-2020",
        "card_type": "family",
        "holder": {
            **PERSON,
            "email": "amira@example.org",
            "phone": "+33 5 61 00 00 00",
            "address": {"street": "3 rue des Lois", "postal_code": "31000", "insee": "31555"},
            "birth_name": "Roux",
            "sex": "F",
            "birth_place": {"country": "99100", "insee": "31555"},
            "organisation": "Office de tourisme",
            "contract_end": "2020-09-30",
        },
        "members": [PERSON],
        "channel_note": "au guichet\nun mardi",
    },
    f"/v1/checks/chk_{ID}/decision": {
        "outcome": "refused",
        "reason_code": "not_resident",
        "note": "illisible",
    },
    "/v1/cards/lookup": {"number": "1234 5678 9012 3456"},
    f"/v1/cards/card_{ID}/revocation": {"reason": "lost"},
    "/v1/quotes": SCAN,
    "/v1/redemptions": SCAN,
    "/v1/provider-applications": {
        "name": "Kayak-club",
        "category": "outdoor_sports",
        "legal_id": "00043218700029",
        "contact": {"manager_name": "M. Rouaix", "email": "c@example.org", "phone": "+33536491237"},
        "website": "https://kayak.example",
        "programmes": ["occygene-2020"],
        "quality_label": False,
        "criteria": ["insured"],
        "months_open": [4, 5, 6, 7, 8, 9],
        "sites": [SITE],
    },
    f"/v1/providers/prv_{ID}/decision": {"outcome": "accepted", "reason": "complet"},
    f"/v1/providers/prv_{ID}/offers": {
        "programme": "occygene-2020",
        "site_ids": [f"sit_{ID}"],
        "title": {"fr": "Descente", "en": "Trip"},
        "card_types": ["family"],
        "audience": "children",
        "kind": "percent",
        "percent": 35,
        "price_cents": 900,
        "base": "standard_price",
        "standard_price_cents": 1800,
        "child_price_cents": 1200,
        "season": [{"from": "07-01", "to": "08-31"}],
        "pot_accepted": True,
        "minimum_gross_cents": 3000,
        "max_children": 3,
    },
    "/v1/partners": {"name": "Office de Foix", "channel": "tourist_office"},
    "/v1/staff": {
        "email": "o@example.org",
        "role": "office_officer",
        "programmes": ["passresot66"],
        "provider_id": f"prv_{ID}",
        "organisation": "Office",
    },
    f"/v1/providers/prv_{ID}/devices": {"site_id": f"sit_{ID}", "label": "Caisse 1"},
    "/v1/devices/enrolment": {"enrolment_code": "7H2K-9QXM"},
    f"/v1/orders/ord_{ID}/email-changes": {"email": "a@example.org"},
    f"/v1/orders/ord_{ID}/email-changes/confirm": {"code": "042042"},
    f"/v1/me/visits/red_{ID}/dispute": {"note": "pas nous\nun mardi"},
    f"/v1/disputes/dsp_{ID}/decision": {"outcome": "upheld", "note": "vu avec le prestataire"},
}
# Whoever has nothing to add may say so by an empty object.
NOTHING_REQUIRED = {f"/v1/me/visits/red_{ID}/dispute"}

ALL_CALLS_WITHOUT_BODY = [
    f"/v1/orders/ord_{ID}/payment",
    f"/v1/orders/ord_{ID}/voucher-mails",
    f"/v1/cards/card_{ID}/reissue",
    f"/v1/redemptions/red_{ID}/cancellation",
    f"/v1/providers/prv_{ID}/offers/off_{ID}/publication",
    f"/v1/providers/prv_{ID}/offers/off_{ID}/withdrawal",
    f"/v1/devices/dev_{ID}/revocation",
]

# Wrong in any field: other types, what databases and printers choke on, what overflows.
WRONG_FOR_ALL: list[Any] = [[], {}, [[]], {"a": 1}, 5.5, "\u0000", "\ud800", "x" * 5000, -1, 2**63, 10**30]
WRONG_FOR_TEXTS: list[Any] = [5, True, "", "  "]
WRONG_FOR_NUMBERS: list[Any] = ["5", True, 10_000_001, 1e300]
WRONG_FOR_BOOLEANS: list[Any] = [0, 1, "true", "yes"]
WRONG_FOR_LISTS: list[Any] = [None, "a", {}, ["x"] * 60, 1]
WRONG_FOR_OBJECTS: list[Any] = [None, [], "a", 1, {"unknown": 1}]
REFUSED_BY_SHAPE = (400, 413, 422)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every place of a body with what stands there, containers too."""
    if path:
        yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from leaves(inner, (*path, key))


def changed(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    copied = copy.deepcopy(body)
    place = copied
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return copied


def wrong_values(value: Any) -> list[Any]:
    match value:
        case bool():
            return [*WRONG_FOR_ALL, *WRONG_FOR_BOOLEANS]
        case int() | float():
            return [wrong for wrong in [*WRONG_FOR_ALL, *WRONG_FOR_NUMBERS] if not _may_be(wrong, value)]
        case str():
            return [*WRONG_FOR_ALL, *WRONG_FOR_TEXTS]
        case list():
            return WRONG_FOR_LISTS
        case _:
            return WRONG_FOR_OBJECTS


def _may_be(wrong: Any, value: Any) -> bool:
    """Coordinates may be fractions and negative."""
    is_coordinate = value in (SITE["latitude"], SITE["longitude"])
    return is_coordinate and not isinstance(wrong, bool) and wrong in (5.5, -1)


def post(gateway: Any, path: str, headers: dict[str, str], body: Any) -> Any:
    gateway.services.calls.clear()
    key = {"Idempotency-Key": "key-12345678"}
    return gateway.http.post(
        path, data=json.dumps(body), content_type="application/json", headers=headers | key
    )


def assert_refused(gateway: Any, answer: Any, field: str, what: Any) -> None:
    assert answer.status_code in REFUSED_BY_SHAPE, (field, what, answer.status_code, answer.text)
    assert answer.content_type == "application/problem+json"
    assert answer.json["message"]["fr"]
    if answer.status_code == 422:
        named = [error["field"] for error in answer.json["errors"]]
        assert any(name == field or name.startswith(f"{field}.") for name in named), (field, what, named)
        assert all(error["rule"] and error["rule_fr"] for error in answer.json["errors"])
        assert answer.json["field"] == named[0]
    assert gateway.services.calls == []


def test_every_call_with_a_body_has_its_right_body_here(gateway: Any) -> None:
    spec = gateway.http.get("/v1/openapi.json").json
    posts = {path for path, item in spec["paths"].items() if "requestBody" in item.get("post", {})}
    own = {"/v1/oauth/token", "/v1/payments/notifications"}
    assert len(BODIES) == len(posts - own)
    assert len(RESOURCES) == len(spec["tags"])


@pytest.mark.parametrize("path", BODIES)
def test_the_right_body_reaches_its_service(gateway: Any, token_of: Any, path: str) -> None:
    answer = post(gateway, path, token_of(), BODIES[path])
    assert len(gateway.services.calls) == 1, answer.text


@pytest.mark.parametrize("path", BODIES)
def test_a_wrong_value_anywhere_is_refused_by_name(gateway: Any, token_of: Any, path: str) -> None:
    headers = token_of()
    for place, value in leaves(BODIES[path]):
        for wrong in wrong_values(value):
            if wrong is None and place[-1] == "birth_place":
                continue  # An optional object: null says the same as leaving it out.
            answer = post(gateway, path, headers, changed(BODIES[path], place, wrong))
            assert_refused(gateway, answer, ".".join(map(str, place)), wrong)


@pytest.mark.parametrize("path", BODIES)
def test_an_unknown_field_in_any_object_is_refused_by_name(gateway: Any, token_of: Any, path: str) -> None:
    headers = token_of()
    objects = [(place, value) for place, value in leaves(BODIES[path]) if isinstance(value, dict)]
    for place, value in [((), BODIES[path]), *objects]:
        extra = {**value, "surprise": 1}
        body = changed(BODIES[path], place, extra) if place else extra
        field = ".".join(map(str, (*place, "surprise")))
        assert_refused(gateway, post(gateway, path, headers, body), field, "extra")


@pytest.mark.parametrize("path", sorted(BODIES.keys() - NOTHING_REQUIRED))
def test_every_required_field_is_missed_by_name(gateway: Any, token_of: Any, path: str) -> None:
    answer = post(gateway, path, token_of(), {})
    assert answer.status_code == 422
    rules = {error["rule"] for error in answer.json["errors"]}
    assert rules in ({"required"}, {"either “number” or “qr”"})
    assert gateway.services.calls == []


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize(
    "raw", [b"", b"{", b"null", b"[]", b'"x"', b"5", b"\xff\xfe", b'{"a": NaN}', b"[" * 60_000, b"9" * 60_000]
)
def test_what_is_no_json_object_is_refused(gateway: Any, token_of: Any, path: str, raw: bytes) -> None:
    headers = token_of() | {"Idempotency-Key": "key-12345678"}
    answer = gateway.http.post(path, data=raw, content_type="application/json", headers=headers)
    assert answer.status_code in (400, 422)
    assert gateway.services.calls == []


@pytest.mark.parametrize("path", [*BODIES, *ALL_CALLS_WITHOUT_BODY])
def test_another_content_type_or_a_body_of_10_mb_is_refused(gateway: Any, token_of: Any, path: str) -> None:
    headers = token_of() | {"Idempotency-Key": "key-12345678"}
    answer = gateway.http.post(path, data=b"<a/>", content_type="text/xml", headers=headers)
    assert answer.status_code == 415
    answer = gateway.http.post(path, data=b" " * 10_000_000, content_type="application/json", headers=headers)
    assert answer.status_code == 413
    answer = gateway.http.post(
        path, data=b" " * (BODY_BYTES_MAX + 1), content_type="text/xml", headers=headers
    )
    assert answer.status_code == 413
    assert gateway.services.calls == []


def test_a_body_in_chunks_is_held_to_the_same_limit(gateway: Any, token_of: Any) -> None:
    body = json.dumps(BODIES["/v1/partners"]).encode()
    padded = body + b" " * BODY_BYTES_MAX
    answers = [
        gateway.http.post(
            "/v1/partners",
            input_stream=io.BytesIO(raw),
            content_type="application/json",
            headers=token_of(),
            environ_overrides={"wsgi.input_terminated": True},
        )
        for raw in (padded, body)
    ]
    assert answers[0].status_code == 413
    assert [name for name, _ in gateway.services.calls] == ["identity.create_partner"]


@pytest.mark.parametrize("path", ALL_CALLS_WITHOUT_BODY)
def test_calls_without_a_body_take_none_or_an_empty_object(gateway: Any, token_of: Any, path: str) -> None:
    assert_refused(gateway, post(gateway, path, token_of(), {"surprise": 1}), "surprise", "extra")
    post(gateway, path, token_of(), {})
    assert len(gateway.services.calls) == 1
    gateway.services.calls.clear()
    gateway.http.post(path, headers=token_of())
    assert len(gateway.services.calls) == 1


QUERIES: dict[str, dict[str, list[str]]] = {
    "/v1/providers": {
        "near": ["", "x", "43.6", "43.6,1.4,2", "91,0", "0,181", "nan,0", "٤٣,١", "1e1,1"],
        "radius_km": ["0", "-1", "nan", "inf", "1001", "x", "5"],
        "category": ["", "A", "a b", "a" * 41, "é", "\x00"],
        "card_type": ["A!"],
        "programme": ["../x"],
        "open_on": ["2020-02-30", "20200101", "0000-01-01", "2020-W01-1", "x", "2020-01-01T00:00:00Z"],
        "cursor": ["é", "a b", "x" * 301, ""],
        "limit": ["0", "101", "-1", "1.0", "x", "", "٣", "1_0", "9" * 5000],
        "surprise": ["1"],
    },
    "/v1/checks": {"state": ["", "open"], "limit": ["0"], "cursor": [" "], "surprise": ["1"]},
    "/v1/redemptions": {
        "since": ["2020-07-11", "2020-07-11T10:00:00", "2020-07-11T25:00:00Z", "now"],
        "limit": ["x"],
    },
    f"/v1/cards/card_{ID}/redemptions": {"limit": ["x"], "surprise": ["1"]},
    f"/v1/cards/card_{ID}": {"surprise": ["1"]},
    "/v1/programmes": {"surprise": ["1"]},
}


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        (path, name, value)
        for path, names in QUERIES.items()
        for name, values in names.items()
        for value in values
    ],
)
def test_a_wrong_query_parameter_is_refused_by_name(
    gateway: Any, token_of: Any, path: str, name: str, value: str
) -> None:
    answer = gateway.http.get(path, query_string={name: value}, headers=token_of())
    assert_refused(gateway, answer, name, value)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "query",
    [
        "from=2020-07-02&to=2020-07-01",
        "from=2020-07-01&to=2099-07-01",
        "from=2020-07-01",
        "from=2020-07-01&to=x",
    ],
)
def test_a_period_has_both_ends_in_order_and_a_limit(gateway: Any, token_of: Any, query: str) -> None:
    answer = gateway.http.get(f"/v1/providers/prv_{ID}/statistics?{query}", headers=token_of())
    assert_refused(gateway, answer, "to", query)


def test_a_parameter_given_twice_is_refused(gateway: Any) -> None:
    answer = gateway.http.get("/v1/providers?limit=1&limit=2")
    assert_refused(gateway, answer, "limit", "twice")


@pytest.mark.parametrize("key", [None, "short", "x" * 129, "with space 1", "clé-12345678"])
def test_a_redemption_needs_a_key_of_visible_ascii(gateway: Any, token_of: Any, key: str | None) -> None:
    headers = token_of() | ({} if key is None else {"Idempotency-Key": key})
    answer = gateway.http.post("/v1/redemptions", json=SCAN, headers=headers)
    assert answer.status_code == 422
    assert answer.json["field"] == "Idempotency-Key"
    assert gateway.services.calls == []
