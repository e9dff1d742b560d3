"""Whom to write to and about which place: asked once for a batch of messages, forgotten with it.

Asking ahead is a saving only. A question that failed is asked again for each message that needs its
answer, and what becomes of the message is decided by that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from chassis.log import failure, get_logger
from contracts.identity import Contact
from contracts.neighbours import Neighbours
from contracts.offers import ProviderView
from contracts.refusals import Refusal
from notify.models import Message

T = TypeVar("T")

log = get_logger()


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Holders and providers by id, for the moments that a batch takes; None where nobody answered."""

    contacts: dict[str, Contact] | None
    providers: dict[str, ProviderView] | None


def ask_ahead(messages: Sequence[Message], neighbours: Neighbours) -> Answers:
    """Everybody's address in one call and every place's name in another; never raises for a neighbour."""
    holders = sorted({message.holder_id for message in messages if message.holder_id})
    providers = sorted({message.facts["provider_id"] for message in messages if _has_place(message)})
    return Answers(
        contacts=_ask(lambda: neighbours.identity.find_contacts(holder_ids=holders)) if holders else {},
        providers=_ask(lambda: neighbours.offers.find_providers_by_id(provider_ids=providers))
        if providers
        else {},
    )


def contact_of(holder_id: str, neighbours: Neighbours, known: Answers) -> Contact:
    """The holder's address. Raises what `identity.get_contact` raises."""
    if known.contacts is None:
        return neighbours.identity.get_contact(holder_id=holder_id)
    if holder_id not in known.contacts:
        raise Refusal("not_found")
    return known.contacts[holder_id]


def provider_of(provider_id: str, neighbours: Neighbours, known: Answers) -> ProviderView | None:
    """A receipt is owed whether or not the provider is still listed."""
    if known.providers is not None:
        return known.providers.get(provider_id)
    try:
        return neighbours.offers.get_provider(provider_id=provider_id)
    except Refusal as refusal:
        if refusal.code == "not_found":
            return None
        raise


def _has_place(message: Message) -> bool:
    return message.kind in ("receipt", "cancellation")


def _ask(call: Callable[[], dict[str, T]]) -> dict[str, T] | None:
    try:
        return call()
    except Exception as error:
        log.warning("not_asked_ahead", **failure(error))
        return None
