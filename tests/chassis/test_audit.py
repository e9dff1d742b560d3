"""The audit on a real PostgreSQL: what is sealed, what can be tampered with, and that it is found."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from time import sleep

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from chassis import audit
from chassis.audit.chain import GENESIS, entries_within, hash_of, seals_after
from chassis.audit.sealing import TransactionsWentBack, seal_once
from chassis.audit.verifying import Broken, main, verify
from chassis.database.engine import Database

from .conftest import Toy, eventually

TABLES = ("audit_entries", "audit_seals")


@pytest.fixture
def db(owner_database: Callable[[str], Database]) -> Database:
    return owner_database("cards")


def act(db: Database, *objects: str) -> None:
    """One transaction that does something to each of them."""
    with db.transaction() as session:
        for name in objects:
            audit.record(session, "stf_1", "card_revoked", name, reason="lost")


def chain(db: Database, seals: int = 3) -> str:
    """A chain of seals of three entries each (card_1 …); the newest hash."""
    for number in range(seals):
        act(db, *(f"card_{3 * number + place}" for place in (1, 2, 3)))
        seal_all(db)
    return str(verify(db).hash)


def seal_all(db: Database, most: int = 1_000) -> list[int]:
    """Seal until nothing waits (a transaction of somebody else may hold it up); how many in each seal."""
    counts: list[int] = []
    for _ in range(200):
        if verify(db).unsealed == 0:
            return counts
        if (seal := seal_once(db, most)) is not None:
            counts.append(seal.count)
        else:
            sleep(0.05)
    raise AssertionError("entries stay unsealed")


@contextmanager
def by_the_owner(db: Database) -> Iterator[Callable[[str], None]]:
    """SQL of somebody who may take the triggers off, and who puts them back."""
    with db.transaction() as session:
        for table in TABLES:
            session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        yield lambda statement: session.execute(text(statement)) and None
        for table in TABLES:
            session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))


def found(db: Database, expect: str | None = None) -> str:
    with pytest.raises(Broken) as broken:
        verify(db, expect)
    return str(broken.value)


def reseal(db: Database, first: int, last: int) -> None:
    """Write these seals anew, so that each fits the rows as they are now and the seal before it."""
    with db.transaction() as session:
        seals = seals_after(session, 0, 1_000)
    previous = GENESIS
    for seal in seals:
        if first <= seal.seq <= last:
            with db.transaction() as session:
                found = [hash_of(entry) for entry in entries_within(session, seal.from_tx, seal.to_tx)]
            seal = replace(seal, count=len(found), hashes=b"".join(found))
            seal = replace(seal, hash=seal.computed(previous))
            with by_the_owner(db) as run:
                run(
                    f"UPDATE audit_seals SET count = {seal.count}, hashes = '\\x{seal.hashes.hex()}', "  # noqa: S608
                    f"hash = '\\x{seal.hash.hex()}' WHERE seq = {seal.seq}"
                )
        previous = seal.hash


def test_what_was_done_is_sealed_and_verified(db: Database) -> None:
    assert (verify(db).entries, verify(db).hash) == (0, None)
    newest = chain(db)
    act(db, "card_10")
    verdict = verify(db)
    assert (verdict.entries, verdict.seals, verdict.unsealed, verdict.hash) == (9, 3, 1, newest)
    seal_all(db)
    assert seal_once(db) is None
    assert verify(db, expect=newest).entries == 10


def test_an_entry_says_who_did_what_and_in_which_call(db: Database) -> None:
    act(db, "card_1")
    with db.transaction() as session:
        row = session.execute(text("SELECT * FROM audit_entries")).mappings().one()
    assert (row["actor"], row["act"], row["object"]) == ("stf_1", "card_revoked", "card_1")
    assert row["details"] == {"reason": "lost"}
    assert row["tx"] > 0


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_database_itself_refuses_a_changed_audit(db: Database, table: str, change: str) -> None:
    chain(db)
    with pytest.raises(IntegrityError, match="append-only"), db.transaction() as session:
        session.execute(text(change.format(table, "act = 'x'" if table == "audit_entries" else "count = 0")))


def test_a_changed_row_is_named(db: Database) -> None:
    chain(db)
    with by_the_owner(db) as run:
        run("UPDATE audit_entries SET actor = 'stf_2' WHERE object = 'card_5'")
    assert found(db) == "seal 2: entry 5 (card_revoked of card_5 by stf_2) was changed"


@pytest.mark.parametrize(
    "change",
    ["at = at + interval '1 us'", 'details = \'{"reason": "lost" }\'', "call_id = 'call_1'", "act = 'x'"],
)
def test_no_column_can_be_changed_unseen(db: Database, change: str) -> None:
    chain(db)
    with by_the_owner(db) as run:
        run(f"UPDATE audit_entries SET {change} WHERE object = 'card_1'")  # noqa: S608
    assert found(db).startswith("seal 1: entry 1 ")


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("card_4", "seal 2: an entry is missing at its beginning"),
        ("card_5", "seal 2: an entry is missing after entry 4 (card_revoked of card_4 by stf_1)"),
        ("card_6", "seal 2: an entry is missing after entry 5 (card_revoked of card_5 by stf_1)"),
    ],
)
def test_a_deleted_row_is_missed(db: Database, gone: str, said: str) -> None:
    chain(db)
    with by_the_owner(db) as run:
        run(f"DELETE FROM audit_entries WHERE object = '{gone}'")  # noqa: S608
    assert found(db) == said


def add_to_the_past(db: Database, where: str = "max") -> None:
    with db.transaction() as session:
        session.execute(
            text(
                "INSERT INTO audit_entries (tx, at, actor, act, object, details) "  # noqa: S608
                f"SELECT {where}(tx), now(), 'stf_9', 'card_revoked', 'card_99', '{{}}' FROM audit_entries"
            )
        )


@pytest.mark.parametrize("where", ["min", "max"])
def test_a_row_added_to_the_past_is_named(db: Database, where: str) -> None:
    chain(db)
    add_to_the_past(db, where)
    assert "(card_revoked of card_99 by stf_9) was added" in found(db)


def test_two_rows_that_changed_places_are_named(db: Database) -> None:
    chain(db)
    with by_the_owner(db) as run:
        run(
            "UPDATE audit_entries SET object = CASE object WHEN 'card_4' THEN 'card_5' ELSE 'card_4' END "
            "WHERE object IN ('card_4', 'card_5')"
        )
    assert found(db) == "seal 2: entry 4 (card_revoked of card_5 by stf_1) was changed"


def test_a_seal_forged_for_an_added_row_does_not_fit_the_next(db: Database) -> None:
    chain(db)
    add_to_the_past(db)
    reseal(db, 3, 3)
    add_to_the_past(db, "min")
    reseal(db, 1, 1)
    assert found(db) == "seal 2 was changed, or the one before it"


def test_a_seal_taken_out_is_missed(db: Database) -> None:
    chain(db)
    with by_the_owner(db) as run:
        run("DELETE FROM audit_seals WHERE seq = 2")
    assert found(db) == "seal 2 is missing: the next one is 3"


def test_a_chain_written_anew_is_found_by_a_hash_kept_elsewhere(db: Database) -> None:
    kept = chain(db)
    with by_the_owner(db) as run:
        run("UPDATE audit_entries SET actor = 'stf_2' WHERE object = 'card_5'")
    reseal(db, 1, 3)
    assert verify(db).entries == 9
    assert found(db, kept) == f"no seal has the hash {kept}: the chain was cut off, or written anew"


def test_a_chain_cut_off_is_found_by_a_hash_kept_elsewhere(db: Database) -> None:
    kept = chain(db)
    with by_the_owner(db) as run:
        run("DELETE FROM audit_entries WHERE tx >= (SELECT from_tx FROM audit_seals WHERE seq = 3)")
        run("DELETE FROM audit_seals WHERE seq = 3")
    assert verify(db).entries == 6
    assert kept in found(db, kept)


def test_what_is_committed_late_is_sealed_late_and_nothing_is_missed(db: Database) -> None:
    with db.transaction() as held:
        audit.record(held, "stf_1", "card_revoked", "card_late")
        for number in range(5):
            act(db, f"card_{number}")
            # Younger than the one that is held open: it must wait too, or there would be a place below it.
            assert seal_once(db) is None
    seal_all(db)
    assert verify(db).entries == 6


def test_a_transaction_rolled_back_leaves_no_entry_and_holds_nothing_up(db: Database) -> None:
    with pytest.raises(ZeroDivisionError), db.transaction() as session:
        audit.record(session, "stf_1", "card_revoked", "card_1")
        raise ZeroDivisionError
    act(db, "card_2")
    seal_all(db)
    assert verify(db).entries == 1


def test_a_savepoint_belongs_to_its_transaction(db: Database) -> None:
    with db.transaction() as session:
        audit.record(session, "stf_1", "card_revoked", "card_1")
        with session.begin_nested():
            audit.record(session, "stf_1", "card_revoked", "card_2")
        act(db, "card_3")
        assert seal_once(db) is None
    seal_all(db)
    assert verify(db).entries == 3


def test_many_who_act_and_many_who_seal_leave_one_chain_with_every_entry(db: Database) -> None:
    def work(worker: int) -> None:
        for number in range(20):
            act(db, f"card_{worker}_{number}")
            seal_once(db, most=7)

    with ThreadPoolExecutor(8) as workers:
        list(workers.map(work, range(8)))
    seal_all(db, most=7)
    verdict = verify(db)
    assert verdict.entries == 160
    assert verdict.seals > 20


def test_only_one_seals_at_a_time(db: Database) -> None:
    act(db, "card_1")
    with db.transaction() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('audit_seals', 0))"))
        assert seal_once(db) is None
    assert seal_all(db) == [1]


def test_a_transaction_larger_than_a_seal_is_sealed_as_a_whole(db: Database) -> None:
    act(db, "card_1")
    act(db, *(f"card_{number}" for number in range(2, 12)))
    act(db, "card_12")
    assert seal_all(db, most=4) == [11, 1]
    assert verify(db).entries == 12


def test_data_of_a_server_that_counted_further_is_not_sealed_silently(db: Database) -> None:
    chain(db)
    with by_the_owner(db) as run:
        run("UPDATE audit_seals SET to_tx = to_tx + 1000000000 WHERE seq = 3")
    with pytest.raises(TransactionsWentBack):
        seal_once(db)


def test_every_process_seals_and_the_verifier_says_the_hash_that_was_logged(toy: Toy) -> None:
    act(toy.database, "card_1")
    eventually(lambda: toy.lines("audit_sealed") != [])
    (line,) = toy.lines("audit_sealed")
    assert toy.run("verify-audit") == f"toy: 1 entries in 1 seals; newest hash {line['hash']}\n"
    assert "audit_sealed_entries_total 1.0" in toy.metrics()
    assert "audit_unsealed_entries 0.0" in toy.metrics()


def test_the_verifier_ends_with_1_when_a_row_was_changed(
    db: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", db.engine.url.render_as_string(hide_password=False))
    kept = chain(db)
    assert main("cards", kept) == 0
    assert capsys.readouterr().out == f"cards: 9 entries in 3 seals; newest hash {kept}\n"
    with by_the_owner(db) as run:
        run("UPDATE audit_entries SET actor = 'stf_2' WHERE object = 'card_5'")
    assert main("cards") == 1
    said = "seal 2: entry 5 (card_revoked of card_5 by stf_2) was changed"
    assert capsys.readouterr().out == f"cards: NOT AS IT WAS: {said}\n"
