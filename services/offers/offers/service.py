"""The entrypoints of `offers`; the rules are in the modules that they call."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from chassis.service import CurrentCaller, Database, Loaded, handles_together, rpc
from chassis.settings import text_files
from contracts.access import calls_of
from contracts.cards import RedemptionCancelled, RedemptionRecorded
from contracts.offers import (
    IdeaPage,
    IdeaSearch,
    OfferRequest,
    OfferView,
    ProviderApplication,
    ProviderPage,
    ProviderSearch,
    ProviderView,
    SitePage,
    Statistics,
)
from contracts.programmes import read_programmes
from offers import applying, counting, deciding, drafting, listing, mapping, publishing, statistics
from offers.books import BOOKS
from offers.ideas import finding


class OffersService:
    """Providers, sites, offers, their selection, and statistics."""

    name = "offers"
    access = calls_of("offers")
    books = BOOKS
    db = Database()
    caller = CurrentCaller()
    programmes = Loaded(lambda settings: read_programmes(text_files(settings.programmes_dir, ".toml")))

    @rpc
    def apply_provider(self, *, idempotency_key: str, application: ProviderApplication) -> ProviderView:
        """See `contracts.offers.OffersRpc`, as for all that follow."""
        with self.db.transaction() as session:
            return applying.apply_provider(
                session,
                self.caller,
                self.programmes,
                idempotency_key=idempotency_key,
                application=application,
            )

    @rpc
    def decide_provider(
        self, *, idempotency_key: str, provider_id: str, outcome: str, reason: str | None
    ) -> ProviderView:
        """Officer: accept or refuse."""
        with self.db.transaction() as session:
            return deciding.decide_provider(
                session,
                self.caller,
                self.programmes,
                idempotency_key=idempotency_key,
                provider_id=provider_id,
                outcome=outcome,
                reason=reason,
            )

    @rpc
    def find_providers(self, *, search: ProviderSearch) -> ProviderPage:
        """The public listing."""
        with self.db.transaction() as session:
            return listing.find_providers(session, search=search)

    @rpc
    def find_sites(self, *, search: ProviderSearch) -> SitePage:
        """The listing as marks on a map."""
        with self.db.transaction() as session:
            return mapping.find_sites(session, search=search)

    @rpc
    def find_ideas(self, *, search: IdeaSearch) -> IdeaPage:
        """What a party can afford."""
        with self.db.transaction() as session:
            return finding.find_ideas(session, self.programmes, search=search)

    @rpc
    def get_provider(self, *, provider_id: str) -> ProviderView:
        """One provider."""
        with self.db.transaction() as session:
            return listing.get_provider(session, self.caller, provider_id=provider_id)

    @rpc
    def find_providers_by_id(self, *, provider_ids: list[str]) -> dict[str, ProviderView]:
        """Several providers."""
        with self.db.transaction() as session:
            return listing.find_providers_by_id(session, provider_ids=provider_ids)

    @rpc
    def create_offer(self, *, idempotency_key: str, provider_id: str, offer: OfferRequest) -> OfferView:
        """A draft."""
        with self.db.transaction() as session:
            return drafting.create_offer(
                session,
                self.caller,
                self.programmes,
                idempotency_key=idempotency_key,
                provider_id=provider_id,
                offer=offer,
            )

    @rpc
    def publish_offer(self, *, idempotency_key: str, provider_id: str, offer_id: str) -> OfferView:
        """Officer: check the offer and announce it."""
        with self.db.transaction() as session:
            return publishing.publish_offer(
                session,
                self.caller,
                self.programmes,
                idempotency_key=idempotency_key,
                provider_id=provider_id,
                offer_id=offer_id,
            )

    @rpc
    def withdraw_offer(self, *, idempotency_key: str, provider_id: str, offer_id: str) -> OfferView:
        """No longer redeemable."""
        with self.db.transaction() as session:
            return publishing.withdraw_offer(
                session,
                self.caller,
                idempotency_key=idempotency_key,
                provider_id=provider_id,
                offer_id=offer_id,
            )

    @rpc
    def get_statistics(self, *, provider_id: str, first_day: str, last_day: str, by: str) -> Statistics:
        """Sales follow-up."""
        with self.db.transaction() as session:
            return statistics.get_statistics(
                session, self.caller, provider_id=provider_id, first_day=first_day, last_day=last_day, by=by
            )

    @rpc
    def get_statistics_totals(self) -> dict[str, Any]:
        """Sums for checks."""
        with self.db.transaction() as session:
            return statistics.get_statistics_totals(session)

    @handles_together(RedemptionRecorded)
    def count_redemptions(self, session: Session, events: Sequence[RedemptionRecorded]) -> None:
        """Sales are added to the providers' statistics."""
        counting.count_redemptions(session, events, 1)

    @handles_together(RedemptionCancelled)
    def take_out_redemptions(self, session: Session, events: Sequence[RedemptionCancelled]) -> None:
        """Cancelled sales are taken out again."""
        counting.count_redemptions(session, events, -1)
