"""What an offer must say to be kept as a draft, whatever its programme's rules (pure)."""

from collections.abc import Collection
from typing import Any, cast, get_args

from contracts.base import Text
from contracts.offers import Audience, OfferRequest, PriceBase, ReductionKind
from contracts.programmes import Programme
from contracts.refusals import Refusal
from offers.input_rules import (
    MAX_CENTS,
    check_choice,
    check_codes,
    check_flag,
    check_integer,
    check_list,
    check_season,
    check_text,
    refuse,
)

MAX_TITLE_CHARS = 200
MAX_CHILDREN = 20
MAX_SITES = 50


def check_offer(offer: OfferRequest, programme: Programme, site_ids: Collection[str]) -> OfferRequest:
    """Return the offer with its texts trimmed, or raise the Refusal of the first field at fault.

    ``site_ids`` are the provider's own.
    """
    checked: OfferRequest = {
        "programme": programme.code,
        "site_ids": _checked_sites(offer["site_ids"], site_ids),
        "title": _checked_title(offer["title"]),
        "card_types": _checked_card_types(offer["card_types"], programme),
        "audience": cast(Audience, check_choice("audience", offer["audience"], get_args(Audience))),
        "kind": cast(ReductionKind, check_choice("kind", offer["kind"], get_args(ReductionKind))),
        "percent": _optional("percent", offer["percent"], 1, 100),
        "price_cents": _optional("price_cents", offer["price_cents"], 1, MAX_CENTS),
        "base": cast(PriceBase, check_choice("base", offer["base"], get_args(PriceBase))),
        # An offer must be "chargeable to begin with, to justify a reduction" (provider terms of 2020).
        "standard_price_cents": check_integer(
            "standard_price_cents", offer["standard_price_cents"], 1, MAX_CENTS
        ),
        "child_price_cents": _optional("child_price_cents", offer["child_price_cents"], 1, MAX_CENTS),
        "season": check_season("season", offer["season"]),
        "pot_accepted": check_flag("pot_accepted", offer["pot_accepted"]),
        "minimum_gross_cents": _optional("minimum_gross_cents", offer["minimum_gross_cents"], 0, MAX_CENTS),
        "max_children": _optional("max_children", offer["max_children"], 0, MAX_CHILDREN),
    }
    _check_amounts(checked)
    return checked


def reduced_price_cents(offer: OfferRequest) -> int:
    """Return the price that the offer reduces: a child's where it is for children, else the standard one."""
    if offer["audience"] == "children":
        return offer["child_price_cents"] or 0
    return offer["standard_price_cents"]


def _check_amounts(offer: OfferRequest) -> None:
    for field, kind in (("percent", "percent"), ("price_cents", "fixed_price")):
        if (offer[field] is not None) != (offer["kind"] == kind):  # type: ignore[literal-required]
            raise refuse(field, f"va avec « kind » = {kind}, et seulement lui", f"goes with kind {kind} only")
    if offer["audience"] == "children" and offer["child_price_cents"] is None:
        raise refuse("child_price_cents", "le tarif enfant est à donner", "the child price must be given")
    if offer["price_cents"] is not None and offer["price_cents"] >= reduced_price_cents(offer):
        raise refuse("price_cents", "inférieur au tarif habituel", "below the usual price")


def _checked_sites(value: Any, own: Collection[str]) -> list[str]:
    sites = check_list("site_ids", value, 0, MAX_SITES)
    for index, site_id in enumerate(sites):
        if site_id not in own:
            raise refuse(f"site_ids.{index}", "un lieu de ce prestataire", "a site of this provider")
    return sites


def _checked_title(title: Text) -> Text:
    return {
        "fr": check_text("title.fr", title["fr"], MAX_TITLE_CHARS),
        "en": check_text("title.en", title["en"], MAX_TITLE_CHARS),
    }


def _checked_card_types(value: Any, programme: Programme) -> list[str]:
    codes = check_codes("card_types", value, least=1)
    for index, code in enumerate(codes):
        if code not in programme.card_types:
            raise Refusal("card_type_unknown", field=f"card_types.{index}")
    return codes


def _optional(field: str, value: Any, low: int, high: int) -> int | None:
    return None if value is None else check_integer(field, value, low, high)
