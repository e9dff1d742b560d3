"""What a programme (one edition of a card scheme) consists of, as the services read it.

Money is `int` euro cents; days are civil days in the programme's timezone and inclusive at both ends;
mappings are keyed by code and keep the file's order. An empty tuple of codes in a condition means "any".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from contracts.base import Text

DecidedBy = Literal["officer", "office_officer", "family_quotient_api"]
HolderField = Literal["phone", "birth_name", "sex", "birth_place", "organisation", "contract_end"]
ValidityRule = Literal["fixed", "duration", "contract_end"]
LimitPer = Literal["provider", "site", "offer"]
Window = Literal["day", "month", "year", "validity"]
Audience = Literal["holder", "children", "household"]
OfferKind = Literal["percent", "fixed_price", "free"]
UsesBelongTo = Literal["holder", "household"]
PriceBase = Literal["standard_price", "student_rate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Who signs messages and answers holders."""

    name: str
    email: str | None = None
    phone: str | None = None
    website: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Something to verify before the card is valid. `kind` is unique in its card type."""

    kind: str
    label: Text
    decided_by: DecidedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeBounds:
    """The holder's age in full years on the day of the order, both bounds inclusive (`max` 25: until the
    day before the 26th birthday)."""

    min: int
    max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """How many people one card may be ordered for, the holder included. Adults are `adult_age` or older."""

    min_members: int = 1
    max_members: int = 1
    max_adults: int = 1
    max_children: int = 0
    adult_age: int = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """How many people come to a provider together, the holder included."""

    adults: int
    children: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyQuotient:
    """The quotient (euros a month) must be strictly below `below`: exactly `below` is refused."""

    below: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """Which days a card is valid; `days.valid_from` and `days.valid_until` apply it.

    `earliest` and `latest` are the programme's own days and bound every rule. `months` and `days` are
    the length under the `duration` rule.
    """

    rule: ValidityRule
    earliest: date
    latest: date
    months: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CardType:
    """A kind of card in the programme. `pots` stand in the order in which they are spent.

    `residence_regions`: INSEE region codes, one of which the holder's commune must be in.
    `holder_fields`: what an order must say of the holder beyond name, birth date, e-mail and address
    (keys of `contracts.identity.Holder`).
    `party`: the most people one use of the card covers at a provider.
    """

    code: str
    label: Text
    price_cents: int
    validity: Validity
    party: People
    checks: tuple[Check, ...] = ()
    age: AgeBounds | None = None
    household: Household = field(default_factory=Household)
    residence_regions: tuple[str, ...] = ()
    holder_fields: tuple[HolderField, ...] = ()
    family_quotient: FamilyQuotient | None = None
    pots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pot:
    """Money credited to a household, spendable from `spend_from` to `spend_until` in `categories`."""

    code: str
    label: Text
    per_person_cents: int
    cap_per_household_cents: int
    spend_until: date
    spend_from: date | None = None
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageLimit:
    """A card is accepted at most `max` times per provider, site or offer in each window."""

    code: str
    per: LimitPer
    window: Window
    max: int
    card_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which offers a rule is about; `months` matches an offer open in at least one of them."""

    categories: tuple[str, ...] = ()
    card_types: tuple[str, ...] = ()
    audiences: tuple[Audience, ...] = ()
    months: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRule:
    """What every published offer in the scope must respect; a field left None or empty asks nothing.

    `minimum_gross_cents` is the least the service must cost before reduction, for `minimum_gross_party`
    where that is given.
    """

    code: str
    label: Text
    applies_to: Scope
    allowed_kinds: tuple[OfferKind, ...] = ()
    allowed_audiences: tuple[Audience, ...] = ()
    allowed_months: tuple[int, ...] = ()
    base: PriceBase | None = None
    minimum_percent: int | None = None
    minimum_gross_cents: int | None = None
    minimum_gross_party: People | None = None
    max_children: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """Something a provider must fulfil; one that is not `necessary` is only shown."""

    code: str
    label: Text
    necessary: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way into a category: all necessary criteria, or, where `label_instead`, the programme's label."""

    code: str
    label: Text
    label_instead: bool = False
    criteria: tuple[Criterion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A kind of provider; any one of its `ways` admits (no way: everybody). `activities` are examples."""

    code: str
    label: Text
    activities: tuple[Text, ...] = ()
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderTerms:
    """What every provider accepts, whatever its category. `quality_label` is what `label_instead` means."""

    min_months_open: int = 0
    quality_label: Text | None = None
    commitments: tuple[Criterion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """One edition of a card scheme, everything about it as data.

    `repeat_window_s`: the same scan within it is "already counted". `undo_window_s`: a device may undo a
    scan for so long after it was recorded. `late_window_s`: a visit may be uploaded so long after it took
    place. `uses_belong_to`: whose visits a usage limit counts, on whichever of their cards of the programme.
    """

    code: str
    name: Text
    region: Text
    timezone: str
    orders_open: date
    orders_close: date
    valid_from: date
    valid_until: date
    channels: tuple[str, ...]
    funder: str
    contact: Contact
    voucher_lines: tuple[Text, ...]
    repeat_window_s: int
    undo_window_s: int
    late_window_s: int
    uses_belong_to: UsesBelongTo
    card_types: Mapping[str, CardType]
    pots: Mapping[str, Pot]
    usage_limits: Mapping[str, UsageLimit]
    offer_rules: Mapping[str, OfferRule]
    categories: Mapping[str, Category]
    provider_terms: ProviderTerms
