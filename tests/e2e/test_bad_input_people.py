"""An order that names somebody twice, or in letters that no voucher has, is refused; nothing is kept."""

import json
from typing import Any

import pytest

from tests.e2e.conformance.callers import headers_for
from tests.e2e.conformance.crowd import Crowd
from tests.e2e.conformance.document import Document
from tests.e2e.conformance.people import MAI_LINH
from tests.e2e.conformance.wire import Wire

pytestmark = pytest.mark.usefixtures("nothing_half_done")

INES = {"given_name": "Inès", "family_name": "Roux", "birth_date": "2012-01-01"}
INES_AGAIN = {**INES, "given_name": "INES", "family_name": "ROUX"}
TWIN = {**INES, "given_name": "Lina"}
MOTHER_AGAIN = {"given_name": "mai linh", "family_name": "NGUYEN-VAN", "birth_date": MAI_LINH["birth_date"]}
# The members, and the one at fault.
LISTED_TWICE: list[tuple[list[dict[str, Any]], str]] = [
    ([INES, INES_AGAIN, MOTHER_AGAIN], "members.1"),
    ([INES, TWIN, MOTHER_AGAIN], "members.2"),
    ([MOTHER_AGAIN], "members.0"),
]


@pytest.mark.parametrize("caller", ["anonymous", "partner", "officer", "holder"])
@pytest.mark.parametrize(("members", "field"), LISTED_TWICE)
def test_who_is_listed_twice_is_refused_by_place_whoever_orders(
    caller: str, members: list[dict[str, Any]], field: str, api_document: Document, crowd: Crowd, wire: Wire
) -> None:
    headers = {**headers_for(crowd, api_document.operation("place_order")), **crowd.authorization(caller)}
    order = {
        "programme": "occygene-2020",
        "card_type": "family_bonus",
        "holder": MAI_LINH,
        "members": members,
    }
    problem = wire.send("POST", "/v1/orders", headers, json.dumps(order)).problem()
    assert (problem["code"], problem["field"]) == ("invalid_field", field)
    assert "même nom, même date de naissance" in problem["message"]["fr"]
    assert "same name, same birth date" in problem["message"]["en"]


@pytest.mark.parametrize("caller", ["anonymous", "partner", "officer", "holder"])
@pytest.mark.parametrize("name", ["given_name", "family_name", "organisation"])
def test_letters_that_the_voucher_lacks_are_refused_by_name_whoever_orders(
    caller: str, name: str, api_document: Document, crowd: Crowd, wire: Wire
) -> None:
    headers = {**headers_for(crowd, api_document.operation("place_order")), **crowd.authorization(caller)}
    order = {
        "programme": "occygene-2020",
        "card_type": "family_bonus",
        "holder": {**MAI_LINH, name: "Mai 🌸 ไหม"},
        "members": [INES],
    }
    problem = wire.send("POST", "/v1/orders", headers, json.dumps(order)).problem()
    assert (problem["code"], problem["field"]) == ("invalid_field", f"holder.{name}")
    assert (
        "ne peuvent pas être imprimées sur le bon : « ม », « ห », « ไ », « 🌸 » ;" in problem["message"]["fr"]
    )
    assert "cannot be printed on the voucher: « ม », « ห », « ไ », « 🌸 »;" in problem["message"]["en"]
