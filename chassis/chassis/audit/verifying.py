"""Verifying the audit: walks the chain from its first seal and names the first row that is not as it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import environ
from typing import Any

from sqlalchemy import Row

from chassis.audit.chain import GENESIS, HASH_BYTES, Seal, entries_within, hash_of, seals_after
from chassis.audit.sealing import count_after
from chassis.database.engine import Database
from chassis.settings import required

SEALS_AT_ONCE = 50


class Broken(Exception):
    """The chain does not hold; the text says where."""


@dataclass
class Walk:
    """How far the chain holds, and whether it came by the hash that was kept elsewhere."""

    entries: int = 0
    seals: int = 0
    to_tx: int = 0
    hash: bytes = GENESIS
    seen_expected: bool = False


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was verified; ``hash`` in hexadecimal is the anchor to keep elsewhere, None without a seal."""

    entries: int
    seals: int
    unsealed: int
    hash: str | None

    def __str__(self) -> str:
        waiting = f", {self.unsealed} not sealed yet" if self.unsealed else ""
        return f"{self.entries} entries in {self.seals} seals{waiting}; newest hash {self.hash or '-'}"


def main(service: str, expect: str | None = None) -> int:
    """Verify the service's audit and say so; exit code 1 where it does not hold."""
    database = Database(required("DATABASE_URL", environ), name="verify-audit", pool_size=1)
    try:
        print(f"{service}: {verify(database, expect)}")
    except Broken as broken:
        print(f"{service}: NOT AS IT WAS: {broken}")
        return 1
    finally:
        database.close()
    return 0


def verify(database: Database, expect: str | None = None) -> Verdict:
    """Walk the whole chain; ``expect``: a hash noted before, which must be one of the chain's.

    Raises Broken. Rows that no seal covers yet are only counted: sealing comes a few seconds after the act.
    """
    walk = Walk()
    while batch := _read(database, walk.seals):
        for seal in batch:
            _check_link(walk, seal)
            _check_entries(database, seal)
            walk.entries, walk.seals = walk.entries + seal.count, seal.seq
            walk.to_tx, walk.hash = seal.to_tx, seal.hash
            walk.seen_expected |= seal.hash.hex() == expect
    if expect is not None and not walk.seen_expected:
        raise Broken(f"no seal has the hash {expect}: the chain was cut off, or written anew")
    with database.transaction() as session:
        unsealed = count_after(session, walk.to_tx)
    found = walk.hash.hex() if walk.seals else None
    return Verdict(entries=walk.entries, seals=walk.seals, unsealed=unsealed, hash=found)


def _read(database: Database, after: int) -> list[Seal]:
    with database.transaction() as session:
        return seals_after(session, after, SEALS_AT_ONCE)


def _check_link(walk: Walk, seal: Seal) -> None:
    if seal.seq != walk.seals + 1:
        raise Broken(f"seal {walk.seals + 1} is missing: the next one is {seal.seq}")
    if seal.hash != seal.computed(walk.hash):
        raise Broken(f"seal {seal.seq} was changed, or the one before it")
    if seal.from_tx != walk.to_tx or seal.count * HASH_BYTES != len(seal.hashes):
        raise Broken(f"seal {seal.seq} does not go on where the one before it ends")


def _check_entries(database: Database, seal: Seal) -> None:
    with database.transaction() as session:
        found = entries_within(session, seal.from_tx, seal.to_tx)
    sealed = [seal.hashes[at : at + HASH_BYTES] for at in range(0, len(seal.hashes), HASH_BYTES)]
    hashes = [hash_of(entry) for entry in found]
    if hashes != sealed:
        raise Broken(f"seal {seal.seq}: {_difference(found, hashes, sealed)}")


def _difference(found: Sequence[Row[Any]], hashes: list[bytes], sealed: list[bytes]) -> str:
    """In words, the first place where the rows are not those that were sealed."""
    pairs = zip(hashes, sealed, strict=False)
    place = next((at for at, (is_, was) in enumerate(pairs) if is_ != was), min(len(hashes), len(sealed)))
    if place < len(hashes) and place < len(sealed) and len(hashes) == len(sealed):
        return f"{_named(found[place])} was changed"
    if place == len(hashes) or hashes[place] in sealed:
        before = f"after {_named(found[place - 1])}" if place else "at its beginning"
        return f"an entry is missing {before}"
    return f"{_named(found[place])} was added, or changed beside a row that was added or is missing"


def _named(entry: Row[Any]) -> str:
    return f"entry {entry.seq} ({entry.act} of {entry.object} by {entry.actor})"
