"""Whether an offer keeps the rules of its programme: a table of demands, each a pure question."""

from collections.abc import Callable
from dataclasses import dataclass

from contracts.base import Text
from contracts.offers import OfferRequest
from contracts.programmes import OfferRule, Programme
from contracts.programmes.pricing import list_price_cents
from contracts.programmes.rules import pot_pays, rules_of
from contracts.programmes.shape import People
from contracts.refusals import Refusal
from offers.offer_shape import reduced_price_cents
from offers.seasons import months_of


@dataclass(frozen=True, kw_only=True)
class BrokenRule:
    """A rule that an offer breaks, by which of its fields; `code` as in the programme's file."""

    code: str
    field: str
    label: Text


@dataclass(frozen=True, kw_only=True)
class Demand:
    """One thing a rule may ask. A rule that does not ask it cannot be broken by it."""

    field: str
    is_asked: Callable[[OfferRule], bool]
    is_kept: Callable[[OfferRule, OfferRequest], bool]


DEMANDS = (
    Demand(
        field="kind",
        is_asked=lambda rule: bool(rule.allowed_kinds),
        is_kept=lambda rule, offer: offer["kind"] in rule.allowed_kinds,
    ),
    Demand(
        field="audience",
        is_asked=lambda rule: bool(rule.allowed_audiences),
        is_kept=lambda rule, offer: offer["audience"] in rule.allowed_audiences,
    ),
    Demand(
        field="season",
        is_asked=lambda rule: bool(rule.allowed_months),
        is_kept=lambda rule, offer: months_of(offer["season"]) <= set(rule.allowed_months),
    ),
    Demand(
        field="base",
        is_asked=lambda rule: rule.base is not None,
        is_kept=lambda rule, offer: offer["base"] == rule.base,
    ),
    Demand(
        field="percent",
        is_asked=lambda rule: rule.minimum_percent is not None,
        is_kept=lambda rule, offer: _reduces_by(offer, rule.minimum_percent or 0),
    ),
    Demand(
        field="minimum_gross_cents",
        is_asked=lambda rule: rule.minimum_gross_cents is not None,
        is_kept=lambda rule, offer: (offer["minimum_gross_cents"] or 0) >= (rule.minimum_gross_cents or 0),
    ),
    Demand(
        field="standard_price_cents",
        is_asked=lambda rule: rule.minimum_gross_party is not None,
        is_kept=lambda rule, offer: (
            rule.minimum_gross_party is None
            or _price_for(offer, rule.minimum_gross_party) >= (rule.minimum_gross_cents or 0)
        ),
    ),
    Demand(
        field="max_children",
        is_asked=lambda rule: rule.max_children is not None,
        is_kept=lambda rule, offer: (
            offer["max_children"] is not None and offer["max_children"] <= (rule.max_children or 0)
        ),
    ),
)

CATEGORY_LABEL = Text(
    fr="cette catégorie de prestataire ne fait pas partie du dispositif",
    en="this category of provider is not part of the scheme",
)
CARD_TYPE_LABEL = Text(
    fr="cette formule ne fait pas partie du dispositif", en="this card type is not part of the scheme"
)
POT_LABEL = Text(
    fr="aucune cagnotte de ces formules ne peut payer cette catégorie",
    en="no pot of these card types can pay for this category",
)


def broken_rules(programme: Programme, category: str, offer: OfferRequest) -> list[BrokenRule]:
    """Return every rule that an offer of a provider of this category breaks, the programme's own last."""
    asked = rules_of(programme, category, offer["card_types"], offer["audience"], months_of(offer["season"]))
    own = [
        BrokenRule(code=rule.code, field=_field(demand, offer), label=rule.label)
        for rule in asked
        for demand in DEMANDS
        if demand.is_asked(rule) and not demand.is_kept(rule, offer)
    ]
    return [*_built_in(programme, category, offer), *own]


def offer_rule_broken(broken: list[BrokenRule]) -> Refusal:
    """Return the refusal that names the first broken rule and lists the codes of all."""
    first = broken[0]
    return Refusal(
        "offer_rule_broken",
        field=first.field,
        rule=first.code,
        rule_fr=first.label["fr"],
        rule_en=first.label["en"],
        rules=list(dict.fromkeys(rule.code for rule in broken)),
    )


def _built_in(programme: Programme, category: str, offer: OfferRequest) -> list[BrokenRule]:
    """What holds in every programme: it must know the category, the card types, and a pot to pay with."""
    found = []
    if category not in programme.categories:
        found.append(BrokenRule(code="category", field="category", label=CATEGORY_LABEL))
    if any(code not in programme.card_types for code in offer["card_types"]):
        found.append(BrokenRule(code="card_type", field="card_types", label=CARD_TYPE_LABEL))
    if offer["pot_accepted"] and not _some_pot_pays(programme, category, offer["card_types"]):
        found.append(BrokenRule(code="pot", field="pot_accepted", label=POT_LABEL))
    return found


def _some_pot_pays(programme: Programme, category: str, card_types: list[str]) -> bool:
    known = [programme.card_types[code] for code in card_types if code in programme.card_types]
    return any(pot_pays(programme.pots[pot], category) for card_type in known for pot in card_type.pots)


def _field(demand: Demand, offer: OfferRequest) -> str:
    """A reduction that is too small is said of the field that gives it."""
    if demand.field == "percent" and offer["kind"] == "fixed_price":
        return "price_cents"
    return demand.field


def _reduces_by(offer: OfferRequest, percent: int) -> bool:
    if offer["kind"] == "free":
        return True
    if offer["kind"] == "percent":
        return (offer["percent"] or 0) >= percent
    full = reduced_price_cents(offer)
    # In whole numbers: 70 of 100 cents is exactly 30 %, whatever floats say.
    return (full - (offer["price_cents"] or 0)) * 100 >= percent * full


def _price_for(offer: OfferRequest, party: People) -> int:
    """What these people pay without the card, in cents; a stay has one price for all of them."""
    return list_price_cents(
        offer["audience"], offer["standard_price_cents"], offer["child_price_cents"], party
    )
