"""Fields that may not be registered, and who may do what."""

from typing import Any

import pytest

from contracts.access import SCOPES_BY_KIND, SCOPES_BY_ROLE, scopes_of
from contracts.refusals import Refusal
from identity.people.person_rules import check_holder, check_members

ADDRESS = {"street": "1 rue Haute", "postal_code": "31000", "insee": "31555"}
HOLDER: dict[str, Any] = {
    "given_name": "Amira",
    "family_name": "Benali-Roux",
    "birth_date": "1988-04-12",
    "email": "amira@example.org",
    "address": ADDRESS,
}


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("given_name", "", "holder.given_name"),
        ("given_name", "x" * 101, "holder.given_name"),
        ("given_name", "--", "holder.given_name"),
        ("given_name", 7, "holder.given_name"),
        ("family_name", "Nul\x00", "holder.family_name"),
        ("family_name", "Demi\ud800", "holder.family_name"),
        ("birth_date", "1988-02-30", "holder.birth_date"),
        ("birth_date", "12/04/1988", "holder.birth_date"),
        ("birth_date", "2999-01-01", "holder.birth_date"),
        ("birth_date", "1888-01-01", "holder.birth_date"),
        ("birth_date", None, "holder.birth_date"),
        ("email", "amira", "holder.email"),
        ("email", "a b@example.org", "holder.email"),
        ("email", "zoé@example.org", "holder.email"),
        ("email", "zoe@exämple.org", "holder.email"),
        ("email", "a@" + "x" * 260 + ".fr", "holder.email"),
        ("phone", "appelez-moi", "holder.phone"),
        ("address", None, "holder.address"),
        ("address", {**ADDRESS, "insee": "3155"}, "holder.address.insee"),
        ("address", {**ADDRESS, "postal_code": "F-310"}, "holder.address.postal_code"),
        ("sex", "X", "holder.sex"),
        ("birth_place", {"country": "FR", "insee": None}, "holder.birth_place.country"),
        ("birth_place", {"country": "99100", "insee": None}, "holder.birth_place.insee"),
        ("contract_end", "demain", "holder.contract_end"),
    ],
)
def test_a_field_that_may_not_be_is_named(field: str, value: Any, path: str) -> None:
    with pytest.raises(Refusal) as refusal:
        check_holder({**HOLDER, field: value})
    assert (refusal.value.code, refusal.value.field) == ("invalid_field", path)


def test_a_refused_value_is_not_quoted() -> None:
    with pytest.raises(Refusal) as refusal:
        check_holder({**HOLDER, "email": "secret-address"})
    assert "secret" not in repr((refusal.value.args, refusal.value.details))


def test_a_member_at_fault_is_named_by_its_place() -> None:
    member = {"given_name": "Inès", "family_name": "Roux", "birth_date": "2010-02-17"}
    assert check_members([member])[0].given_name == "Inès"
    with pytest.raises(Refusal) as refusal:
        check_members([member, {**member, "birth_date": "hier"}])
    assert refusal.value.field == "members.1.birth_date"
    with pytest.raises(Refusal):
        check_members([member] * 31)


def test_only_a_device_writes_redemptions() -> None:
    by_everybody = {**SCOPES_BY_ROLE, **SCOPES_BY_KIND}
    assert [name for name, scopes in by_everybody.items() if "redemptions:write" in scopes] == ["device"]


def test_only_officers_make_officers_and_partners() -> None:
    by_everybody = {**SCOPES_BY_ROLE, **SCOPES_BY_KIND}
    for scope in ("staff:write", "partners:write", "offers:publish", "providers:decide", "cards:lookup"):
        assert [name for name, scopes in by_everybody.items() if scope in scopes] == ["officer"]


def test_an_unknown_role_has_no_scopes() -> None:
    with pytest.raises(KeyError):
        scopes_of("staff", None)
    with pytest.raises(KeyError):
        scopes_of("service", None)
