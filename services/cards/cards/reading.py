"""Reading orders, cards, pots and redemptions back, each by those who may see them."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, DateTime, literal_column, select, tuple_
from sqlalchemy.orm import Session

from cards.input_rules import check_limit, invalid, read_instant, unknown_cursor
from cards.models import Card, Order
from cards.owning import get_visible_card, get_visible_order, newest_card, own_visits, visits_at
from cards.pots.models import Allowance
from cards.recognising import recognise
from cards.scan.desk import device_of
from cards.scan.models import VISITED_AT, Redemption
from cards.sealing import Keys
from cards.views import view_card, view_order, view_pot, view_redemption, view_voucher
from chassis.calls.caller import Caller
from chassis.clock import now
from contracts.cards import CardView, OrderView, PotsView, RedemptionPage, VoucherView
from contracts.programmes import Programme
from contracts.programmes.days import local_day
from contracts.refusals import Refusal

Programmes = Mapping[str, Programme]
_VISITED_AT: ColumnElement[datetime] = literal_column(VISITED_AT, DateTime(timezone=True))
_RECORDED_AT: ColumnElement[datetime] = literal_column("redeemed_at", DateTime(timezone=True))


def get_order(
    session: Session,
    caller: Caller,
    programmes: Programmes,
    keys: Keys,
    *,
    order_id: str,
    order_secret: str | None,
) -> OrderView:
    """Return an order, without its secret."""
    order = get_visible_order(session, caller, keys, order_id, order_secret)
    card_type = programmes[order.programme].card_types[order.card_type]
    card = newest_card(session, order)
    return view_order(order, card_type, card.id if card else None)


def get_card(session: Session, caller: Caller, programmes: Programmes, *, card_id: str) -> CardView:
    """Return a card."""
    card, order = get_visible_card(session, caller, card_id)
    return _view(session, card, order, programmes)


def get_voucher(session: Session, caller: Caller, keys: Keys, *, card_id: str) -> VoucherView:
    """Return all that the voucher prints."""
    card, order = get_visible_card(session, caller, card_id)
    return view_voucher(card, order, keys)


def get_pots(session: Session, caller: Caller, programmes: Programmes, *, card_id: str) -> PotsView:
    """Return the pots that a card may spend: its household's in its programme."""
    card, _ = get_visible_card(session, caller, card_id)
    programme = programmes[card.programme]
    today = local_day(now(), programme.timezone)
    rows = session.scalars(
        select(Allowance)
        .where(Allowance.household_id == card.household_id, Allowance.programme == card.programme)
        .order_by(Allowance.spend_until, Allowance.pot_id)
    )
    pots = [view_pot(row, programme, today) for row in rows]
    remaining = sum(pot["remaining_cents"] for pot in pots if not pot["closed"])
    return {"remaining_cents": remaining, "pots": pots}


def lookup_card(
    session: Session,
    caller: Caller,
    programmes: Programmes,
    keys: Keys,
    *,
    number: str | None,
    qr: str | None,
) -> CardView:
    """Return the card with this number or QR text; officers only."""
    if (number is None) == (qr is None):
        raise invalid("number", "soit « number », soit « qr »", "either “number” or “qr”")
    found = _find_printed(session, keys, number or qr or "", "qr" if number is None else "number")
    if found is None or not caller.works_for(found.programme):
        raise Refusal("unknown_card")
    return _view(session, found, session.get_one(Order, found.order_id), programmes)


def find_card_redemptions(
    session: Session, caller: Caller, *, card_id: str, cursor: str | None, limit: int
) -> RedemptionPage:
    """Return the use of a card and of those that it replaced (its order's), newest visit first."""
    card, _ = get_visible_card(session, caller, card_id)
    of_order = select(Card.id).where(Card.order_id == card.order_id)
    return _page(session, Redemption.card_id.in_(of_order), cursor, limit)


def find_device_redemptions(
    session: Session, caller: Caller, *, since: str | None, cursor: str | None, limit: int
) -> RedemptionPage:
    """Return the calling device's scans of visits from ``since`` on, newest visit first."""
    wanted = Redemption.device_id == device_of(caller).id
    if since is not None:
        wanted &= read_instant(since, "since") <= _VISITED_AT
    return _page(session, wanted, cursor, limit)


def find_own_visits(session: Session, caller: Caller, *, cursor: str | None, limit: int) -> RedemptionPage:
    """Return the calling holder's visits, newest visit first."""
    return _page(session, own_visits(caller), cursor, limit)


def find_provider_visits(
    session: Session, caller: Caller, provider_id: str, cursor: str | None, limit: int
) -> RedemptionPage:
    """Return the visits at a provider, the last recorded first."""
    return _page(session, visits_at(caller, provider_id), cursor, limit, _RECORDED_AT)


def _page(
    session: Session,
    wanted: ColumnElement[bool],
    cursor: str | None,
    limit: int,
    moment: ColumnElement[datetime] = _VISITED_AT,
) -> RedemptionPage:
    """The last one of a page is where the next begins."""
    check_limit(limit)
    query = select(Redemption, Card.revoked_at).join(Card, Card.id == Redemption.card_id).where(wanted)
    if cursor is not None:
        last = session.scalar(select(moment).where(wanted, Redemption.id == cursor))
        if last is None:
            raise unknown_cursor()
        query = query.where(tuple_(moment, Redemption.id) < (last, cursor))
    newest_first = query.order_by(moment.desc(), Redemption.id.desc())
    rows = session.execute(newest_first.limit(limit + 1)).all()
    return {
        "redemptions": [view_redemption(redemption, revoked_at) for redemption, revoked_at in rows[:limit]],
        "next_cursor": rows[limit - 1][0].id if len(rows) > limit else None,
    }


def _view(session: Session, card: Card, order: Order, programmes: Programmes) -> CardView:
    today = local_day(now(), programmes[card.programme].timezone)
    replaced_by = session.scalar(select(Card.id).where(Card.replaces == card.id))
    return view_card(card, order, today, replaced_by)


def _find_printed(session: Session, keys: Keys, sent: str, name: str) -> Card | None:
    read = recognise(sent)
    if read.text is None:
        raise read.refusal(name)
    column = Card.qr_hash if read.medium == "qr" else Card.number_hash
    return session.scalar(select(Card).where(column == read.hash_under(keys)))
