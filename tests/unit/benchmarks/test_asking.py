"""What is loaded is what the clients read, and no scan repeats another."""

import json
from itertools import islice

import pytest

from benchmarks import world as w
from benchmarks.asking import HOT, PAY_CENTS, Asking
from benchmarks.copying import line
from benchmarks.load import Ask, body_of
from benchmarks.options import CASES, OptionsError, read_options
from benchmarks.profile import read_speedscope
from benchmarks.world import World
from cards.recognising import recognise
from chassis.calls.tokens import Keys
from devstack.secrets import make_token_keys


@pytest.fixture(scope="module")
def keys() -> tuple[str, str]:
    return make_token_keys()


@pytest.fixture
def asking(keys: tuple[str, str]) -> Asking:
    return Asking(World(seed=b"test", cards=100), keys[0])


def scan_of(ask: Ask) -> dict[str, object]:
    scan: dict[str, object] = json.loads(body_of(ask.raw))
    return scan


def test_what_is_printed_on_cards_is_well_formed_and_never_the_same_twice() -> None:
    printed = [World(seed=b"test", cards=100).printed(card) for card in range(100)]
    assert all(recognise(text).text == text for one in printed for text in (one.number, one.qr_text))
    assert len({one.number for one in printed}) == len({one.qr_text for one in printed}) == 100


@pytest.mark.parametrize("case", ["redeem", "pot", "hot_provider", "hot_card"])
def test_no_scan_repeats_another(asking: Asking, case: str) -> None:
    scans = [scan_of(ask) for ask in islice(getattr(asking, case)(), 1000)]
    # A provider has one site and one offer: of one card there, by whichever device, each has another price.
    assert len({(scan["card"], scan["offer_id"], scan["gross_cents"]) for scan in scans}) == 1000


def test_every_pot_scan_reads_a_card_with_a_pot(asking: Asking) -> None:
    with_pots = {asking.world.qr_text(card) for card in range(100) if asking.world.has_pot(card)}
    scans = [scan_of(ask) for ask in islice(asking.pot(), 200)]
    assert {scan["card"] for scan in scans} <= with_pots
    assert {scan["pay_cents"] for scan in scans} == {PAY_CENTS}


def test_nine_of_ten_scans_are_at_the_hot_provider(asking: Asking) -> None:
    asks = list(islice(asking.hot_provider(), 1000))
    assert sum(scan_of(ask)["offer_id"] == w.offer_id(0) for ask in asks) == 900
    assert sum(ask.group == HOT for ask in asks) == 900


def test_a_device_is_signed_in_where_its_offer_is(asking: Asking, keys: tuple[str, str]) -> None:
    (ask,) = islice(asking.redeem(), 1)
    token = ask.raw.partition(b"Bearer ")[2].partition(b"\r\n")[0].decode()
    caller = Keys(keys[1]).verify(token)
    assert caller.kind == "device"
    assert scan_of(ask)["offer_id"] == (caller.provider_id or "").replace("prv_", "off_")


def test_rows_are_written_as_copy_reads_them() -> None:
    assert line((1, None, b"\x01\xff", "a\tb\\", [])) == "1\t\\N\t\\\\x01ff\ta\\tb\\\\\t[]\n"


def test_options_are_read_and_all_that_is_wrong_is_named() -> None:
    assert read_options({}).cases == CASES
    assert read_options({"CASES": "pot", "SECONDS": "2"}).cases == ("redeem", "pot")
    with pytest.raises(OptionsError, match=r"CARDS must be .*\nCASES: there is no nothing"):
        read_options({"CARDS": "many", "CASES": "nothing"})


def test_a_profile_leaves_out_threads_that_wait() -> None:
    frames = [{"name": "main", "file": "a/b.py"}, {"name": "work"}, {"name": "EpollSelector.select"}]
    samples = [[0, 1], [0, 1, 1], [0, 2], []]
    times = read_speedscope({"shared": {"frames": frames}, "profiles": [{"samples": samples}]})
    assert times.samples == 2
    assert times.own == {"work  ()": 2}
    assert times.total == {"main  (a/b.py)": 2, "work  ()": 2}
