"""A small desk for each test: apply, decide, draft, publish on a real database, as the right callers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from chassis.calls.caller import Caller
from chassis.database.engine import Database
from chassis.database.tables import outbox
from chassis.ids import new_id
from contracts.offers import OfferView, ProviderView
from contracts.programmes import Programme
from offers import models
from offers.applying import apply_provider
from offers.deciding import decide_provider
from offers.drafting import create_offer
from offers.publishing import publish_offer, withdraw_offer
from tests.admission import admitted

ROOT = Path(__file__).parents[3]
PROVIDERS: list[dict[str, Any]] = json.loads((ROOT / "demo/providers.json").read_text(encoding="utf-8"))
CAVE = PROVIDERS[1]


class Desk:
    """What people do with providers and offers; each call has its own transaction and its own key."""

    def __init__(
        self, db: Database, programmes: dict[str, Programme], caller_of: Callable[..., Caller]
    ) -> None:
        self.db, self.programmes, self.caller_of = db, programmes, caller_of
        self.officer = caller_of("officer")

    def apply(
        self, provider: dict[str, Any] = CAVE, *, key: str | None = None, **changes: Any
    ) -> ProviderView:
        given = {name: value for name, value in provider.items() if name != "offers"} | changes
        with self.db.transaction() as session:
            return apply_provider(
                session,
                self.caller_of("anonymous"),
                self.programmes,
                idempotency_key=key or new_id("key"),
                application=given,  # type: ignore[arg-type]
            )

    def decide(
        self,
        provider_id: str,
        outcome: str = "accepted",
        reason: str | None = None,
        *,
        by: Caller | None = None,
        key: str | None = None,
    ) -> ProviderView:
        with self.db.transaction() as session:
            return decide_provider(
                session,
                admitted(by or self.officer, "offers.decide_provider"),
                self.programmes,
                idempotency_key=key or new_id("key"),
                provider_id=provider_id,
                outcome=outcome,
                reason=reason,
            )

    def accept(self, provider: dict[str, Any] = CAVE, **changes: Any) -> ProviderView:
        return self.decide(self.apply(provider, **changes)["id"])

    def draft(
        self,
        provider_id: str,
        offer: dict[str, Any] | None = None,
        *,
        by: Caller | None = None,
        key: str | None = None,
        **changes: Any,
    ) -> OfferView:
        given = {"site_ids": []} | (offer or CAVE["offers"][0]) | changes
        given.pop("site", None)
        with self.db.transaction() as session:
            return create_offer(
                session,
                admitted(by or self.officer, "offers.create_offer"),
                self.programmes,
                idempotency_key=key or new_id("key"),
                provider_id=provider_id,
                offer=given,  # type: ignore[arg-type]
            )

    def publish(
        self, offer: OfferView, *, by: Caller | None = None, key: str | None = None, **changes: Any
    ) -> OfferView:
        ids = {"provider_id": offer["provider_id"], "offer_id": offer["id"]} | changes
        publisher = admitted(by or self.officer, "offers.publish_offer")
        with self.db.transaction() as session:
            return publish_offer(
                session, publisher, self.programmes, idempotency_key=key or new_id("key"), **ids
            )

    def withdraw(self, offer: OfferView, *, by: Caller | None = None, key: str | None = None) -> OfferView:
        with self.db.transaction() as session:
            return withdraw_offer(
                session,
                admitted(by or self.officer, "offers.withdraw_offer"),
                idempotency_key=key or new_id("key"),
                provider_id=offer["provider_id"],
                offer_id=offer["id"],
            )

    def show(self, provider: dict[str, Any] = CAVE, **changes: Any) -> ProviderView:
        """A provider of the demo's file, accepted, with all its offers published."""
        accepted = self.accept(provider, **changes)
        for offer in provider["offers"]:
            sites = [] if offer["site"] is None else [accepted["sites"][offer["site"]]["id"]]
            self.publish(self.draft(accepted["id"], offer, site_ids=sites))
        return accepted

    def manager_of(self, provider_id: str) -> Caller:
        return self.caller_of("provider_manager", provider_id=provider_id)

    def announced(self) -> list[dict[str, Any]]:
        """What waits in the outbox: each event's payload with its name."""
        with self.db.transaction() as session:
            rows = session.execute(select(outbox.c.name, outbox.c.payload).order_by(outbox.c.seq))
            return [{"name": row.name, **row.payload} for row in rows]

    def stored_offer(self, offer_id: str) -> models.Offer:
        with self.db.transaction() as session:
            return session.get_one(models.Offer, offer_id)


@pytest.fixture
def desk(
    database: Callable[[str], Database], programmes: dict[str, Programme], caller_of: Callable[..., Caller]
) -> Desk:
    return Desk(database("offers"), programmes, caller_of)


@pytest.fixture(scope="session")
def demo_providers() -> list[dict[str, Any]]:
    """The providers that the demo loads."""
    return PROVIDERS
