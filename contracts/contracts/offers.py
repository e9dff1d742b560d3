"""What `offers` answers and announces: providers, sites, offers, statistics."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NotRequired, Protocol, TypedDict

from contracts.base import Event, Season, Text

Audience = Literal["holder", "children", "household"]
PriceIs = Literal["list_price", "at_most"]
ReductionKind = Literal["percent", "fixed_price", "free"]
PriceBase = Literal["standard_price", "student_rate"]
ProviderState = Literal["applied", "accepted", "refused"]
OfferState = Literal["draft", "published", "withdrawn"]
SalesBy = Literal["day", "offer", "card_type", "site"]

# --- events -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ProviderAccepted(Event):
    """A provider's application was accepted into its programmes."""

    source: ClassVar[str] = "offers"
    name: ClassVar[str] = "provider_accepted"

    provider_id: str
    programmes: list[str]


@dataclass(frozen=True, kw_only=True)
class OfferPublished(Event):
    """An offer may be redeemed; a higher ``version`` replaces what was heard before, in any order.

    ``percent`` goes with kind ``percent``; ``price_cents`` with ``fixed_price`` (per covered person);
    ``child_price_cents`` is the full child price that a children's offer reduces. ``site_ids`` names every
    site where it holds. An empty ``season`` means all year.
    """

    source: ClassVar[str] = "offers"
    name: ClassVar[str] = "offer_published"

    offer_id: str
    version: int
    provider_id: str
    provider_name: str
    category: str
    site_ids: list[str]
    programme: str
    title: Text
    card_types: list[str]
    audience: Audience
    kind: ReductionKind
    percent: int | None
    price_cents: int | None
    child_price_cents: int | None
    season: list[Season]
    pot_accepted: bool
    minimum_gross_cents: int | None
    max_children: int | None


@dataclass(frozen=True, kw_only=True)
class OfferWithdrawn(Event):
    """An offer may no longer be redeemed."""

    source: ClassVar[str] = "offers"
    name: ClassVar[str] = "offer_withdrawn"

    offer_id: str
    version: int


# --- RPC shapes -------------------------------------------------------------------------------------


class ContactPoint(TypedDict):
    """Whom to reach at a provider; never shown to the public."""

    manager_name: str
    email: str
    phone: str


class SiteRequest(TypedDict):
    """One place of a provider; coordinates in WGS 84 degrees."""

    name: str
    street: str
    postal_code: str
    insee: str
    latitude: float
    longitude: float
    booking_required: bool
    opening: list[Season]


class ProviderApplication(TypedDict):
    """The body of `POST /v1/provider-applications`; ``legal_id`` is a SIRET (14 digits, Luhn)."""

    name: str
    category: str
    legal_id: str
    contact: ContactPoint
    website: NotRequired[str | None]
    programmes: list[str]
    quality_label: bool
    criteria: list[str]
    months_open: list[int]
    sites: list[SiteRequest]


class OfferRequest(TypedDict):
    """The body of `POST /v1/providers/{id}/offers`; ``site_ids`` empty means every site."""

    programme: str
    site_ids: list[str]
    title: Text
    card_types: list[str]
    audience: Audience
    kind: ReductionKind
    percent: int | None
    price_cents: int | None
    base: PriceBase
    standard_price_cents: int
    child_price_cents: int | None
    season: list[Season]
    pot_accepted: bool
    minimum_gross_cents: int | None
    max_children: int | None


class SiteView(SiteRequest):
    """A site as the public sees it; ``distance_km`` only in answers to ``near``."""

    id: str
    commune: str
    distance_km: float | None


class OfferView(OfferRequest):
    """An offer as the public sees it."""

    id: str
    provider_id: str
    version: int
    state: OfferState


class ProviderView(TypedDict):
    """A provider as the public sees it."""

    id: str
    name: str
    category: str
    website: str | None
    programmes: list[str]
    state: ProviderState
    reason: str | None
    sites: list[SiteView]
    offers: list[OfferView]


class ProviderPage(TypedDict):
    """Providers, nearest first when ``near`` was given; ``next_cursor`` is null on the last page."""

    providers: list[ProviderView]
    next_cursor: str | None


class ProviderSearch(TypedDict):
    """What the listing filters by; all optional. ``open_on`` ISO date; radius in km.

    ``pot_accepted``: only offers that a pot may pay for (true) or may not (false).
    """

    latitude: float | None
    longitude: float | None
    radius_km: float | None
    category: str | None
    card_type: str | None
    programme: str | None
    open_on: str | None
    pot_accepted: NotRequired[bool | None]
    cursor: str | None
    limit: int


class IdeaSearch(TypedDict):
    """What a party wants to do on a day; cents, km, ages in full years. ``on``: ISO day, today without it.

    ``pot_cents``: what may be paid from a pot, where the offer takes one.
    """

    latitude: float
    longitude: float
    radius_km: float
    budget_cents: int
    pot_cents: int
    on: str | None
    programme: str
    card_type: str | None
    category: str | None
    adults: int
    children_ages: list[int]
    cursor: str | None
    limit: int


class IdeaProvider(TypedDict):
    """Who offers it."""

    id: str
    name: str
    category: str
    website: str | None


class Idea(TypedDict):
    """One offer at its nearest site, with what the whole party pays: cents, with one card of ``card_type``.

    ``gross - reduction - paid_from_pot = due``. ``price_is`` ``at_most``: the offer names no child price, so
    children are counted as adults.
    """

    provider: IdeaProvider
    site: SiteView
    offer: OfferView
    distance_km: float
    card_type: str
    gross_cents: int
    reduction_cents: int
    paid_from_pot_cents: int
    due_cents: int
    price_is: PriceIs


class IdeaPage(TypedDict):
    """Ideas for one civil day, nearest first; ``next_cursor`` is null on the last page."""

    on: str
    ideas: list[Idea]
    next_cursor: str | None


class StatisticsRow(TypedDict):
    """Sales of one day, offer, card type or site; cancelled redemptions are taken out again. Cents."""

    key: str
    redemptions: int
    adults: int
    children: int
    gross_cents: int
    reduction_cents: int
    net_cents: int
    paid_from_pot_cents: int


class Statistics(TypedDict):
    """A provider's sales between two days (inclusive, civil Paris); by ``site`` since sites were counted."""

    provider_id: str
    by: SalesBy
    rows: list[StatisticsRow]
    total: StatisticsRow


class OffersRpc(Protocol):
    """The RPC of `offers`; refusals are those of `contracts.refusals`."""

    def apply_provider(self, *, idempotency_key: str, application: ProviderApplication) -> ProviderView:
        """Somebody asks to join; free of charge."""

    def decide_provider(
        self,
        *,
        idempotency_key: str,
        provider_id: str,
        outcome: Literal["accepted", "refused"],
        reason: str | None,
    ) -> ProviderView:
        """Officer: accept or refuse an application."""

    def find_providers(self, *, search: ProviderSearch) -> ProviderPage:
        """The public listing: accepted providers with a published offer."""

    def find_ideas(self, *, search: IdeaSearch) -> IdeaPage:
        """What a party can afford near a place on a day, at list prices: see `offers.ideas.finding`."""

    def get_provider(self, *, provider_id: str) -> ProviderView:
        """One provider, with its published offers (all of them for the provider and officers)."""

    def find_providers_by_id(self, *, provider_ids: list[str]) -> dict[str, ProviderView]:
        """What anybody may see of several providers, by id; those that are not listed are left out."""

    def create_offer(self, *, idempotency_key: str, provider_id: str, offer: OfferRequest) -> OfferView:
        """A draft."""

    def publish_offer(self, *, idempotency_key: str, provider_id: str, offer_id: str) -> OfferView:
        """Check the offer against its programme's rules and announce it (officers select: design §1)."""

    def withdraw_offer(self, *, idempotency_key: str, provider_id: str, offer_id: str) -> OfferView:
        """The offer may no longer be redeemed."""

    def get_statistics(self, *, provider_id: str, first_day: str, last_day: str, by: str) -> Statistics:
        """Sales follow-up, for the provider or an officer."""

    def get_statistics_totals(self) -> dict[str, Any]:
        """Sums over every provider, for checks: ``redemptions``, ``net_cents``, ``paid_from_pot_cents``."""
