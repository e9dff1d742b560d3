"""Pots: opened and credited when a card is validated, given back when the cards' allowance was released."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now
from chassis.events.outbox import announce, stamp
from chassis.ids import new_id
from contracts.cards import AllowanceReleased, CardValidated
from contracts.programmes import Pot as ProgrammePot
from contracts.programmes import Programme
from contracts.programmes.rules import pot_amount_cents
from contracts.wallet import PotClosed, PotCredited
from wallet import accounts, models
from wallet.faults import LedgerFault, report
from wallet.ledger import Transfer, write_transfers


def credit_pots(session: Session, event: CardValidated, programmes: Mapping[str, Programme]) -> None:
    """Open and credit each pot of the card type that the household does not have yet.

    A programme or card type that this process does not know raises KeyError: the event waits for it.
    """
    # A reissued card goes on with the household's pots; the first card's own event opens them.
    if event.replaces is not None:
        return
    programme = programmes[event.programme]
    # Always in one order, so that two cards of a household never wait for each other.
    for code in sorted(programme.card_types[event.card_type].pots):
        _credit_pot(session, event, programme, programme.pots[code])


def return_money(session: Session, event: AllowanceReleased) -> None:
    """Move what `cards` can no longer spend from the pot back to its funder; close the pot if asked to.

    A pot that is not known yet raises LedgerFault, so that the release is delivered again later.
    """
    pot = session.execute(select(models.Pot).where(models.Pot.id == event.pot_id)).scalar_one_or_none()
    if pot is None:
        raise report(LedgerFault("unknown_pot", pot_id=event.pot_id))
    # The last release of a pot may well find nothing left to give back.
    if event.amount_cents > 0:
        write_transfers(session, [_return(event, pot.programme)])
    audit.record(
        session,
        event,
        "pot_returned",
        pot.id,
        release_id=event.release_id,
        amount_cents=event.amount_cents,
        closes_pot=event.closes_pot,
    )
    if event.closes_pot:
        _close(session, pot, event.amount_cents)


def _credit_pot(session: Session, event: CardValidated, programme: Programme, pot: ProgrammePot) -> None:
    amount_cents = pot_amount_cents(pot, event.persons)
    pot_id = _open_pot(session, event, programme, pot)
    if pot_id is None:
        return
    credit = Transfer(
        kind="pot_credit",
        source_id=pot_id,
        debit=accounts.funder(programme.code),
        credit=accounts.pot(pot_id),
        amount_cents=amount_cents,
        event_at=datetime.fromisoformat(event.occurred_at),
    )
    write_transfers(session, [credit])
    audit.record(session, event, "pot_credited", pot_id, card_id=event.card_id, amount_cents=amount_cents)
    announce(
        session,
        PotCredited(
            **stamp(),
            # A pot is credited once, so its own id names the credit.
            credit_id=pot_id,
            pot_id=pot_id,
            pot_code=pot.code,
            programme=programme.code,
            household_id=event.household_id,
            amount_cents=amount_cents,
            spend_from=(pot.spend_from or programme.valid_from).isoformat(),
            spend_until=pot.spend_until.isoformat(),
            categories=list(pot.categories),
        ),
    )


def _open_pot(session: Session, event: CardValidated, programme: Programme, pot: ProgrammePot) -> str | None:
    """The new pot's id; None when the household has this pot already."""
    pot_id = new_id("pot")
    row = insert(models.Pot).values(
        id=pot_id,
        account_id=accounts.pot(pot_id).id,
        household_id=event.household_id,
        programme=programme.code,
        pot_code=pot.code,
        balance_cents=0,
        spend_from=pot.spend_from or programme.valid_from,
        spend_until=pot.spend_until,
        opened_at=now(),
        closed_at=None,
    )
    if session.execute(row.on_conflict_do_nothing().returning(models.Pot.id)).first() is None:
        return None
    accounts.open_accounts(session, [accounts.pot(pot_id)])
    return pot_id


def _return(event: AllowanceReleased, programme: str) -> Transfer:
    return Transfer(
        kind="pot_return",
        source_id=event.release_id,
        debit=accounts.pot(event.pot_id),
        credit=accounts.funder(programme),
        amount_cents=event.amount_cents,
        event_at=datetime.fromisoformat(event.occurred_at),
    )


def _close(session: Session, pot: models.Pot, returned_cents: int) -> None:
    closing = update(models.Pot).where(models.Pot.id == pot.id, models.Pot.closed_at.is_(None))
    closed = session.execute(
        closing.values(closed_at=now()).returning(models.Pot.id).execution_options(synchronize_session=False)
    )
    # What reaches the pot later goes back too, but it is closed and announced once.
    if closed.first() is not None:
        announce(
            session,
            PotClosed(
                **stamp(),
                pot_id=pot.id,
                programme=pot.programme,
                household_id=pot.household_id,
                returned_cents=returned_cents,
            ),
        )
