"""Fills a fresh platform: cards with their orders and pots, offers, holders, the ledger's side of it all."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from psycopg2.extensions import connection

from benchmarks import world as w
from benchmarks.copying import Row, administrator, copy_rows, settle_tables
from benchmarks.past import load_past
from benchmarks.world import World
from cards.sealing import Keys, hash_number, hash_qr_text, seal
from contracts.offers import OfferPublished
from devstack.secrets import DATABASE_SERVICES

DAY = datetime(2020, 7, 6, 8, 0, tzinfo=UTC)
VALID_FROM, VALID_UNTIL = date(2020, 7, 1), date(2021, 6, 30)
SPEND_UNTIL = date(2020, 11, 15)
FUNDER = f"funder:{w.PROGRAMME}"
PERSONS = w.ADULTS + w.CHILDREN

ORDER_COLUMNS = (
    "id, programme, card_type, channel, placed_by, account_id, household_id, counted_as, holder_id, adults, "
    "children, holder_first_name, age_band, amount_due_cents, placed_at, approved_at, paid_at, validated_at"
)
CARD_COLUMNS = (
    "id, order_id, household_id, programme, card_type, qr_hash, number_hash, number_ends, sealed, "
    "valid_from, valid_until, made_at"
)
ALLOWANCE_COLUMNS = (
    "pot_id, household_id, programme, pot_code, categories, amount_cents, credited_cents, spend_from, "
    "spend_until"
)
POT_COLUMNS = (
    "id, account_id, household_id, programme, pot_code, balance_cents, spend_from, spend_until, opened_at"
)
TRANSFER_COLUMNS = (
    "id, kind, source_id, debit_account_id, credit_account_id, amount_cents, event_at, created_at"
)
ACCOUNT_COLUMNS = "id, kind, owner_id, normal_side"
HOLDER_COLUMNS = "person_id, account_id, email, street, postal_code, insee"


def load(admin_url: str, databases: Mapping[str, str], world: World, keys: Keys, past: int) -> None:
    """Fill the databases (by service) so that the money equation holds and every scan is accepted."""
    with administrator(admin_url, databases["cards"]) as link:
        offers = ((w.offer_id(p), 1, False, offer_terms(p)) for p in range(w.PROVIDERS))
        copy_rows(link, "published_offers", "offer_id, version, withdrawn, terms", offers)
    with administrator(admin_url, databases["wallet"]) as link:
        copy_rows(link, "accounts", ACCOUNT_COLUMNS, [(FUNDER, "funder", w.PROGRAMME, "debit")])
    with administrator(admin_url, databases["identity"]) as link:
        _load_holders(link, world)
    grow(admin_url, databases, world, keys, cards=range(world.cards), past=past)


def grow(
    admin_url: str, databases: Mapping[str, str], world: World, keys: Keys, *, cards: range, past: int
) -> None:
    """Add cards with their pots, and redemptions of the past over all cards of ``world``."""
    with administrator(admin_url, databases["cards"]) as link:
        _load_cards(link, world, keys, cards)
        load_past(link, world, past)
    with administrator(admin_url, databases["wallet"]) as link:
        _load_wallet(link, [card for card in cards if world.has_pot(card)])
    for service in DATABASE_SERVICES:
        with administrator(admin_url, databases[service]) as link:
            settle_tables(link)


def offer_terms(provider: int) -> dict[str, Any]:
    """What `offers` would have announced of the provider's one offer."""
    return OfferPublished(
        event_id=w.an_id("evt", provider),
        occurred_at=DAY.isoformat(),
        offer_id=w.offer_id(provider),
        version=1,
        provider_id=w.provider_id(provider),
        provider_name=f"Prestataire {provider}",
        category=w.CATEGORY,
        site_ids=[w.site_id(provider)],
        programme=w.PROGRAMME,
        title={"fr": "20 % pour les familles", "en": "20% off for families"},
        card_types=["family", "family_bonus"],
        audience="household",
        kind="percent",
        percent=20,
        price_cents=None,
        child_price_cents=None,
        season=[],
        pot_accepted=True,
        minimum_gross_cents=w.MINIMUM_GROSS_CENTS,
        max_children=3,
    ).payload()


def _load_cards(link: connection, world: World, keys: Keys, numbers: range) -> None:
    copy_rows(link, "orders", ORDER_COLUMNS, (_order(world, card) for card in numbers))
    copy_rows(link, "cards", CARD_COLUMNS, (_card(world, keys, card) for card in numbers))
    pots = [card for card in numbers if world.has_pot(card)]
    copy_rows(link, "allowances", ALLOWANCE_COLUMNS, map(_allowance, pots))
    raises = ((_pot(card), _pot(card), w.POT_CENTS, DAY) for card in pots)
    copy_rows(link, "allowance_raises", "source_id, pot_id, amount_cents, raised_at", raises)


def _order(world: World, card: int) -> Row:
    paid_cents = 0 if world.has_pot(card) else 1_500
    account, holder = w.an_id("acc", card % w.MAX_HOLDERS), world.holder(card)
    # Limits of the programme belong to the household.
    who = (account, account, *(w.an_id("hou", card),) * 2, holder, w.ADULTS, w.CHILDREN, "Camille", "26–39")
    what = (w.an_id("ord", card), w.PROGRAMME, world.card_type(card), "region_site")
    return (*what, *who, paid_cents, DAY, DAY, DAY if paid_cents else None, DAY)


def _card(world: World, keys: Keys, card: int) -> Row:
    card_id, printed = w.an_id("card", card), world.printed(card)
    whose = (w.an_id("ord", card), w.an_id("hou", card), w.PROGRAMME, world.card_type(card))
    hashes = (hash_qr_text(printed.qr_text), hash_number(keys, printed.number), printed.number[-4:])
    return (card_id, *whose, *hashes, seal(keys, card_id, printed), VALID_FROM, VALID_UNTIL, DAY)


def _allowance(card: int) -> Row:
    cents = (w.POT_CENTS, w.POT_CENTS)
    whose = (_pot(card), w.an_id("hou", card), w.PROGRAMME, w.POT_CODE)
    return (*whose, [], *cents, VALID_FROM, SPEND_UNTIL)


def _load_wallet(link: connection, pots: list[int]) -> None:
    accounts = ((f"pot:{_pot(card)}", "pot", _pot(card), "credit") for card in pots)
    copy_rows(link, "accounts", ACCOUNT_COLUMNS, accounts)
    copy_rows(link, "pots", POT_COLUMNS, map(_wallet_pot, pots))
    copy_rows(link, "transfers", TRANSFER_COLUMNS, map(_credit, pots))


def _wallet_pot(card: int) -> Row:
    whose = (_pot(card), f"pot:{_pot(card)}", w.an_id("hou", card), w.PROGRAMME, w.POT_CODE)
    return (*whose, w.POT_CENTS, VALID_FROM, SPEND_UNTIL, DAY)


def _credit(card: int) -> Row:
    accounts = (FUNDER, f"pot:{_pot(card)}")
    return (w.an_id("trf", card), "pot_credit", _pot(card), *accounts, w.POT_CENTS, DAY, DAY)


def _load_holders(link: connection, world: World) -> None:
    holders = range(min(world.cards, w.MAX_HOLDERS))
    accounts = ((w.an_id("acc", n), _email(n), DAY) for n in holders)
    copy_rows(link, "accounts", "id, email, created_at", accounts)
    households = ((w.an_id("hou", n), w.PROGRAMME, world.card_type(n), DAY) for n in holders)
    copy_rows(link, "households", "id, programme, card_type, created_at", households)
    people = (
        (world.holder(n), w.an_id("hou", n), 0, "Camille", f"Durand {n}", "1985-05-05", f"bench {n}")
        for n in holders
    )
    columns = "id, household_id, position, given_name, family_name, birth_date, fingerprint"
    copy_rows(link, "people", columns, people)
    rows = (
        (world.holder(n), w.an_id("acc", n), _email(n), "1 rue du Port", "34000", "34172") for n in holders
    )
    copy_rows(link, "holders", HOLDER_COLUMNS, rows)


def _email(number: int) -> str:
    return f"camille{number}@example.org"


def _pot(card: int) -> str:
    return w.an_id("pot", card)
