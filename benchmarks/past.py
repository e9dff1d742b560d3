"""A past that may slow scans down: redemptions of earlier days with all that they left in `cards`."""

from datetime import UTC, datetime, timedelta

from psycopg2.extensions import connection

from benchmarks import world as w
from benchmarks.copying import Row, copy_rows
from benchmarks.world import World

BEGAN = datetime(2020, 7, 6, 9, 0, tzinfo=UTC)
DAYS = 4
GROSS_CENTS, REDUCTION_CENTS = 4_000, 800
NET_CENTS = GROSS_CENTS - REDUCTION_CENTS

REDEMPTION_COLUMNS = (
    "id, card_id, order_id, household_id, counted_as, holder_id, programme, card_type, provider_id, site_id, "
    "device_id, offer_id, medium, adults, children, gross_cents, reduction_cents, net_cents, "
    "paid_from_pot_cents, due_cents, redeemed_at"
)
# What a redemption's event does not repeat.
UNSAID = ("order_id", "counted_as", "redeemed_at", "medium")
OUTBOX_COLUMNS = "event_id, source, name, payload, call_id, created_at, published_at"
KEY_COLUMNS = "caller, key, request_hash, answer, created_at"


def load_past(link: connection, world: World, count: int) -> None:
    """Spread ``count`` redemptions without pots over all cards, and keep their keys and their events."""
    numbers = range(count)
    copy_rows(link, "redemptions", REDEMPTION_COLUMNS, (_redemption(world, n, count) for n in numbers))
    copy_rows(link, "idempotency_keys", KEY_COLUMNS, (_key(n, count) for n in numbers))
    copy_rows(link, "outbox", OUTBOX_COLUMNS, (_event(world, n, count) for n in numbers))


def _redemption(world: World, number: int, count: int) -> Row:
    card, provider = number % world.cards, number % w.PROVIDERS
    household = (
        w.an_id("card", card),
        w.an_id("ord", card),
        *(w.an_id("hou", card),) * 2,
        world.holder(card),
    )
    desk = (w.provider_id(provider), w.site_id(provider), w.device_id(provider), w.offer_id(provider))
    cents = (GROSS_CENTS, REDUCTION_CENTS, NET_CENTS, 0, NET_CENTS)
    kind = (w.PROGRAMME, world.card_type(card))
    party = ("qr", w.ADULTS, w.CHILDREN)
    return (w.an_id("red", number), *household, *kind, *desk, *party, *cents, _moment(number, count))


def _key(number: int, count: int) -> Row:
    answer = {
        "id": w.an_id("red", number),
        "recorded_at": _moment(number, count).isoformat(),
        "occurred_at": _moment(number, count).isoformat(),
        "reduction_cents": REDUCTION_CENTS,
        "net_cents": NET_CENTS,
        "paid_from_pot_cents": 0,
        "due_cents": NET_CENTS,
        "pot_remaining_cents": 0,
        "holder": {
            "first_name": "Camille",
            "age_band": "26–39",
            "party_covered": {"adults": w.ADULTS, "children": w.CHILDREN},
        },
        "already_counted": False,
        "message": None,
    }
    caller, moment = w.device_id(number % w.PROVIDERS), _moment(number, count)
    return (caller, f"past-{number:020d}", f"{number:064x}", answer, moment)


def _event(world: World, number: int, count: int) -> Row:
    moment = _moment(number, count)
    row = dict(zip(REDEMPTION_COLUMNS.split(", "), _redemption(world, number, count), strict=True))
    said = {name: value for name, value in row.items() if name not in UNSAID}
    times = {"redeemed_at": moment.isoformat(), "visited_at": moment.isoformat()}
    payload = {**said, **times, "event_id": w.an_id("evt", number), "draws": []}
    return (
        *(payload["event_id"], "cards", "redemption_recorded", payload, w.an_id("call", number)),
        *(moment, moment + timedelta(milliseconds=40)),
    )


def _moment(number: int, count: int) -> datetime:
    return BEGAN + timedelta(days=DAYS) * (number / max(count, 1))
