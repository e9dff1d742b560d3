"""Who may order a card: dates, channel, age, household, residence and required fields; pure rules.

Every refusal names the field at fault, so that a form can show it beside the field.
"""

import re
from collections.abc import Mapping
from datetime import date

from cards.input_rules import invalid
from chassis.calls.caller import Caller
from contracts.cards import OrderRequest
from contracts.communes import find_commune
from contracts.identity import Holder, Person
from contracts.people import PersonKey, check_nobody_twice, person_key
from contracts.printable import check_printable
from contracts.programmes import CardType, Programme
from contracts.programmes.days import age_allowed, age_on, count_household
from contracts.programmes.shape import Household, People
from contracts.refusals import Refusal

# The channel of an order that nobody's credential stands behind.
PUBLIC_CHANNEL = "region_site"
MAX_NAME_LENGTH = 100
MAX_NOTE_LENGTH = 500
MAX_AGE_YEARS = 130
# What the voucher says of its holder; nobody else is named on it.
PRINTED = ("given_name", "family_name", "organisation")
# Spaces that do not break, and emoji in notes, are text like any other; `str.isprintable` would refuse some.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_UNPRINTABLE_IN_NOTES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def find_programme(programmes: Mapping[str, Programme], code: str) -> Programme:
    """Return the programme an order names, or refuse."""
    if code not in programmes:
        raise Refusal("programme_unknown", field="programme")
    return programmes[code]


def find_card_type(programme: Programme, code: str) -> CardType:
    """Return the card type an order names, or refuse."""
    if code not in programme.card_types:
        raise Refusal("card_type_unknown", field="card_type")
    return programme.card_types[code]


def check_dates(programme: Programme, day: date) -> None:
    """Orders are taken from the first to the last day, both inclusive."""
    if not programme.orders_open <= day <= programme.orders_close:
        raise Refusal(
            "orders_not_open",
            field="programme",
            orders_open=programme.orders_open.isoformat(),
            orders_close=programme.orders_close.isoformat(),
        )


def choose_channel(programme: Programme, caller: Caller) -> str:
    """Return the channel of the caller's credential; without one, the public site's."""
    channel = caller.channel or PUBLIC_CHANNEL
    if channel not in programme.channels:
        raise Refusal("channel_unknown", field="programme", channel=channel)
    return channel


def check_people(card_type: CardType, order: OrderRequest, day: date) -> People:
    """Check the holder's age and the household, where nobody counts twice; return its adults and children."""
    holder_born = _birth_date(order["holder"], "holder.birth_date", day)
    born = [_birth_date(p, f"members.{i}.birth_date", day) for i, p in enumerate(order["members"])]
    _check_age(card_type, holder_born, day)
    check_nobody_twice(
        _key_of(order["holder"], holder_born),
        [_key_of(*member) for member in zip(order["members"], born, strict=True)],
    )
    people = count_household(card_type.household, [holder_born, *born], day)
    _check_household(card_type.household, people)
    return people


def check_residence(programme: Programme, card_type: CardType, holder: Holder) -> None:
    """The commune decides, by its INSEE code; the postal code never does (some cross a border)."""
    commune = find_commune(holder["address"]["insee"])
    if commune is None:
        raise Refusal("commune_unknown", field="holder.address.insee")
    if card_type.residence_regions and commune.region not in card_type.residence_regions:
        raise Refusal("residence_not_covered", field="holder.address.insee", region=programme.region["fr"])


def check_holder_fields(card_type: CardType, holder: Holder) -> None:
    """What this card type asks of its holder beyond name, birth date, e-mail and address."""
    for name in card_type.holder_fields:
        if not holder.get(name):
            raise invalid(f"holder.{name}", "obligatoire", "required")


def read_contract_end(card_type: CardType, holder: Holder, day: date) -> date | None:
    """Return the contract's last day where the card's validity depends on it; it cannot lie in the past."""
    if card_type.validity.rule != "contract_end":
        return None
    end = _iso_date(holder.get("contract_end"), "holder.contract_end")
    if end < day:
        raise invalid("holder.contract_end", "ne peut pas être passée", "must not be in the past")
    return end


def check_texts(order: OrderRequest) -> None:
    """What is kept here must be short and printable; the voucher's fonts must have what stands on it."""
    _check_text(order["holder"]["given_name"], "holder.given_name", MAX_NAME_LENGTH, _UNPRINTABLE)
    for name in PRINTED:
        if text := order["holder"].get(name):
            check_printable(f"holder.{name}", str(text))
    note = order.get("channel_note")
    if note is not None:
        _check_text(note, "channel_note", MAX_NOTE_LENGTH, _UNPRINTABLE_IN_NOTES)


def age_band(card_type: CardType, birth_date: date, day: date) -> str:
    """Return how old the holder looks, as the scan shows it; as coarse as serves to see the right person."""
    if card_type.age is not None and card_type.age.max - card_type.age.min <= 10:
        return f"{card_type.age.min}–{card_type.age.max}"
    age = age_on(birth_date, day)
    bands = ((18, "0–17"), (26, "18–25"), (40, "26–39"), (60, "40–59"))
    return next((band for below, band in bands if age < below), "60+")


def _check_age(card_type: CardType, holder_born: date, day: date) -> None:
    if not age_allowed(card_type, holder_born, day):
        assert card_type.age is not None, "without bounds every age is allowed"
        raise Refusal(
            "age_not_covered",
            field="holder.birth_date",
            min_years=card_type.age.min,
            max_years=card_type.age.max,
        )


def _check_household(allowed: Household, people: People) -> None:
    members = people.adults + people.children
    rules = (
        (members < allowed.min_members, "au moins {} personnes", "at least {} people", allowed.min_members),
        (members > allowed.max_members, "au plus {} personne(s)", "at most {} people", allowed.max_members),
        (
            people.adults > allowed.max_adults,
            "au plus {} adulte(s)",
            "at most {} adult(s)",
            allowed.max_adults,
        ),
        (
            people.children > max(allowed.max_children, _lone_holder(allowed)),
            "au plus {} enfant(s)",
            "at most {} child(ren)",
            allowed.max_children,
        ),
    )
    for broken, rule_fr, rule_en, limit in rules:
        if broken:
            raise Refusal(
                "household_not_covered",
                field="members",
                rule_fr=rule_fr.format(limit),
                rule_en=rule_en.format(limit),
            )


def _lone_holder(allowed: Household) -> int:
    # A card for its holder alone has no children in it, yet a trainee of 17 may hold one.
    return 1 if allowed.max_members == 1 else 0


def _key_of(person: Person, born: date) -> PersonKey:
    return person_key(person["given_name"], person["family_name"], born)


def _birth_date(person: Person, field: str, day: date) -> date:
    born = _iso_date(person["birth_date"], field)
    if born > day or age_on(born, day) > MAX_AGE_YEARS:
        raise invalid(field, "date de naissance d’une personne en vie", "the birth date of somebody living")
    return born


def _iso_date(text: str | None, field: str) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        raise invalid(field, "une date AAAA-MM-JJ", "a date YYYY-MM-DD") from None


def _check_text(text: str, field: str, max_length: int, forbidden: re.Pattern[str]) -> None:
    if not 1 <= len(text.strip()) <= max_length:
        raise invalid(field, f"de 1 à {max_length} caractères", f"1 to {max_length} characters")
    if forbidden.search(text):
        raise invalid(field, "contient des caractères interdits", "contains forbidden characters")
