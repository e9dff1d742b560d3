"""Holding an order that is still being filled in against the rules: nothing is kept, nobody is registered.

Every rule whose input is there answers, so that each step of a form can say what it has to say; what is not
there yet is nobody's mistake.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date

from cards.orders import order_rules
from chassis.calls.caller import Caller
from chassis.clock import now
from contracts.base import Text
from contracts.cards import DraftFault, OrderDraft
from contracts.people import check_nobody_twice, person_key
from contracts.printable import check_printable
from contracts.programmes import CardType, Programme
from contracts.programmes.days import count_household, local_day
from contracts.refusals import Refusal, sentence

NAMED = ("given_name", "family_name", "birth_date")


def check_order(
    caller: Caller, programmes: Mapping[str, Programme], *, order: OrderDraft
) -> list[DraftFault]:
    """Return each rule that is broken so far; refuses an unknown programme or card type."""
    programme = order_rules.find_orderable(programmes, caller, order["programme"])
    card_type = order_rules.find_card_type(programme, order["card_type"])
    day = local_day(now(), programme.timezone)
    return [_told(refusal) for refusal in _broken(caller, programme, card_type, order, day)]


def _broken(
    caller: Caller, programme: Programme, card_type: CardType, order: OrderDraft, day: date
) -> Iterator[Refusal]:
    holder, members = order.get("holder") or {}, order.get("members")
    yield from _tried(order_rules.check_dates, programme, day)
    yield from _tried(order_rules.choose_channel, programme, caller)
    for name in order_rules.PRINTED:
        yield from _tried(check_printable, f"holder.{name}", str(holder.get(name) or ""))
    for name in card_type.holder_fields:
        yield from _tried(order_rules.check_holder_field, holder, name)
    if holder.get("contract_end"):
        yield from _tried(order_rules.read_contract_end, card_type, holder, day)
    if (holder.get("address") or {}).get("insee"):
        yield from _tried(order_rules.check_residence, programme, card_type, holder)
    people = {"holder": holder} | {f"members.{number}": one for number, one in enumerate(members or [])}
    born: dict[str, date] = {}
    for path, person in people.items():
        if person.get("birth_date"):
            try:
                born[path] = order_rules.read_birth_date(person, f"{path}.birth_date", day)
            except Refusal as refusal:
                yield refusal
    if "holder" in born:
        yield from _tried(order_rules.check_age, card_type, born["holder"], day)
    if members is None or born.keys() != people.keys():
        return
    counted = count_household(card_type.household, born.values(), day)
    yield from _tried(order_rules.check_household, card_type.household, counted)
    if all(person.get(name) for person in people.values() for name in NAMED):
        first, *others = (
            person_key(str(person["given_name"]), str(person["family_name"]), born[path])
            for path, person in people.items()
        )
        yield from _tried(check_nobody_twice, first, others)


def _tried(rule: Callable[..., object], *inputs: object) -> Iterator[Refusal]:
    try:
        rule(*inputs)
    except Refusal as refusal:
        yield refusal


def _told(refusal: Refusal) -> DraftFault:
    details = refusal.details
    rule: Text
    if refusal.code == "invalid_field":
        rule = {"fr": str(details["rule_fr"]), "en": str(details["rule"])}
    else:
        said = sentence(refusal.code, details)
        rule = {"fr": said.fr, "en": said.en}
    return {"code": refusal.code, "field": refusal.field or "programme", "rule": rule}
