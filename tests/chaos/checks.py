"""What must hold at rest: each check answers a line for all that is wrong, and nothing when all is well."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import combinations

from benchmarks import world as w
from tests.chaos.books import Books, Redemption
from tests.chaos.journal import Note

SCANS = ("redeem", "read again")
# As the programme of the run has it.
REPEAT_WINDOW = timedelta(seconds=10)
MAY_BE_VOID = ("email_change_code", "voucher_again")
AMOUNTS = ("gross_cents", "reduction_cents", "net_cents", "paid_from_pot_cents", "due_cents")


def lost(books: Books, notes: Sequence[Note]) -> Iterator[str]:
    """What a client was told, and is not there; and what was recorded, and not passed on."""
    for note in _accepted(notes, *SCANS):
        found = books.redemptions.get(note.said["id"])
        if found is None:
            yield f"{note.key}: {note.said['id']} is not there"
        elif _amounts_told(note, found) != found.amounts:
            yield f"{note.key}: {found.id} was answered otherwise than it was recorded"
    for note in _accepted(notes, "cancel"):
        found = books.redemptions.get(note.said["id"])
        if found is None or not found.cancelled:
            yield f"{note.key}: {note.said['id']} is not cancelled"
    for note in _accepted(notes, *SCANS, "cancel"):
        if (_subject(note), note.key) not in books.keys:
            yield f"{note.key}: the key is not stored"
    for note in _accepted(notes, "order"):
        if note.said["id"] not in books.ordered_cards.values():
            yield f"{note.key}: {note.said['id']} made no card"
    for redemption in books.redemptions.values():
        if not books.said["redemption_recorded", redemption.id]:
            yield f"{redemption.id} was never announced"
        if redemption.cancelled and not books.said["redemption_cancelled", redemption.id]:
            yield f"{redemption.id} was cancelled without a word"


def doubled(books: Books) -> Iterator[str]:
    """One effect for each key, one announcement for each effect."""
    answered = Counter(answer["id"] for answer in books.keys.values() if _is_recording(answer))
    for redemption_id in books.redemptions:
        if answered[redemption_id] != 1:
            yield f"{redemption_id} is the answer of {answered[redemption_id]} keys"
    for (name, redemption_id), count in books.said.items():
        if count > 1:
            yield f"{name} of {redemption_id} was announced {count} times"
        if redemption_id not in books.redemptions:
            yield f"{name} of {redemption_id}, which is not there"
    for order_id, count in Counter(books.ordered_cards.values()).items():
        if count > 1:
            yield f"{order_id} made {count} cards"


def miscounted(books: Books, notes: Sequence[Note]) -> Iterator[str]:
    """Of equal scans within seconds at one site one counts, by whichever device; but for a second visit."""
    second = [note for note in _accepted(notes, "redeem") if note.request.get("second_visit")]
    for note in second:
        if note.said["already_counted"]:
            yield f"{note.key}: a second visit was answered with the first, {note.said['id']}"
    equal: dict[tuple[object, ...], list[Redemption]] = {}
    for redemption in books.redemptions.values():
        if not redemption.cancelled:
            equal.setdefault((redemption.place, redemption.amounts), []).append(redemption)
    meant = {note.said["id"] for note in second}
    for visits in equal.values():
        for one, other in combinations(sorted(visits, key=lambda visit: visit.id), 2):
            if abs(one.visited_at - other.visited_at) < REPEAT_WINDOW and other.id not in meant:
                yield f"{other.id} is {one.id} counted again"


def keys_changed(notes: Sequence[Note]) -> Iterator[str]:
    """The same key with the same request is answered the same to the byte."""
    first = {(note.caller, note.key): note for note in notes if note.act == "redeem"}
    for note in notes:
        if note.act == "replay":
            before = first[note.caller, note.key]
            if (note.status, note.answer) != (before.status, before.answer):
                yield f"{note.key}: first {before.status} {before.answer}, then {note.status} {note.answer}"


def keys_reused(notes: Iterable[Note]) -> Iterator[str]:
    """The same key with another request is refused."""
    for note in notes:
        if note.act == "reuse" and '"idempotency_key_reused"' not in note.answer:
            yield f"{note.key}: another request was answered {note.status}"


def unbalanced(books: Books) -> Iterator[str]:
    """The ledger sums to zero, pots and allowances are folds of their moves, each draw is debited once."""
    if books.entries_cents:
        yield f"all entries sum to {books.entries_cents}"
    yield from (fault for fault in books.equation["faults"] if "unbalanced" in fault)
    for pot_id, amount, fold in books.allowances:
        if amount != fold:
            yield f"{pot_id}: the allowance is {amount}, its moves sum to {fold}"
    debits, reversals = books.moved["debit"], books.moved["debit_reversal"]
    for redemption in books.redemptions.values():
        drawn = books.draws.get(redemption.id, {})
        debited = {} if redemption.id in books.voided else drawn
        if debits.get(redemption.id, {}) != debited:
            yield f"{redemption.id} drew {drawn}, the ledger moved {debits.get(redemption.id, {})}"
        undone = reversals.get(redemption.id, {})
        if undone != (debited if redemption.cancelled else {}):
            yield f"{redemption.id}: cancelled is {redemption.cancelled}, and reversed was {undone}"
        if sum(drawn.values()) != redemption.amounts[3]:
            yield f"{redemption.id} paid {redemption.amounts[3]} from pots and drew {drawn}"
    for redemption_id in (debits.keys() | reversals.keys()) - books.redemptions.keys():
        yield f"the ledger moved money for {redemption_id}, which is not there"


def negative(books: Books) -> Iterator[str]:
    """No pot and no allowance below zero."""
    for pot_id, amount, *_ in books.allowances:
        if amount < 0:
            yield f"the allowance of {pot_id} is {amount}"
    # A term on its way that is below zero is drift.
    yield from (fault for fault in books.equation["faults"] if "negative pots" in fault)


def drift_cents(books: Books) -> int:
    """At rest every term on the way is 0, and what the wallet holds is what may be spent."""
    terms = [cents for name, cents in books.equation["terms"].items() if "not yet" in name]
    return abs(books.equation["drift_cents"]) + sum(map(abs, terms))


def statistics_off(books: Books) -> Iterator[str]:
    """The providers' statistics are the fold of the redemptions that stand."""
    fold: dict[tuple[str, ...], list[int]] = {}
    for redemption in books.redemptions.values():
        if not redemption.cancelled:
            sums = fold.setdefault(redemption.group, [0] * len(redemption.counted))
            fold[redemption.group] = [a + b for a, b in zip(sums, redemption.counted, strict=True)]
    sold = {group: list(counted) for group, counted in books.sales.items() if any(counted)}
    for group in sorted(fold.keys() | sold.keys()):
        if fold.get(group) != sold.get(group):
            yield f"{' '.join(group)}: redeemed {fold.get(group)}, counted {sold.get(group)}"


def receipts_missing(books: Books) -> Iterator[str]:
    """One message for each redemption, one for each cancellation, and none for anything else."""
    noted = Counter((message.kind, message.subject_id) for message in books.messages)
    wanted = {("receipt", redemption_id) for redemption_id in books.redemptions}
    wanted |= {("cancellation", one.id) for one in books.redemptions.values() if one.cancelled}
    said = {key for key in noted if key[0] in ("receipt", "cancellation")}
    for kind, subject_id in sorted(wanted ^ said):
        yield f"{kind} of {subject_id}: there are {noted[kind, subject_id]}"


def addresses_wrong(books: Books, notes: Sequence[Note], has_voucher: set[str]) -> Iterator[str]:
    """An order's address is the one that was confirmed, or its first; the voucher was mailed to it.

    ``has_voucher`` are the addresses to which one was mailed.
    """
    confirmed = {_order_of(note) for note in notes if note.act == "confirm" and note.status == 204}
    asked = {_order_of(note): note.request["email"] for note in notes if note.act == "correct"}
    with_card = set(books.ordered_cards.values())
    for note in _accepted(notes, "order"):
        order_id = note.said["id"]
        wanted = asked[order_id] if order_id in confirmed else note.request["holder"]["email"]
        if books.emails.get(order_id) != wanted:
            yield f"{order_id}: it has not the address {'confirmed' if order_id in confirmed else 'given'}"
        if order_id in confirmed & with_card and wanted not in has_voucher:
            yield f"{order_id}: the confirmed address got no voucher"


def mails_missing(books: Books, kept: set[str]) -> Iterator[str]:
    """One mail for each card that was ordered, and for each receipt that was not put off.

    ``kept`` are Message-IDs: a mail that left twice carries the same one (SMTP allows no more).
    """
    vouchers = Counter(message.subject_id for message in books.messages if message.kind == "voucher")
    for card_id in sorted(books.ordered_cards):
        if vouchers[card_id] != 1:
            yield f"{vouchers[card_id]} vouchers for {card_id}"
    for message in books.messages:
        # A voucher follows a change of address only where it was mailed before; a code may expire unsent.
        if message.put_off or (message.state == "void" and message.kind in MAY_BE_VOID):
            continue
        if message.state != "sent" or message.id not in kept:
            yield f"the {message.kind} of {message.subject_id} is {message.state}, and in no mailbox"


def _is_recording(answer: Mapping[str, object] | None) -> bool:
    """Whether a stored answer tells of a redemption that was made under its key."""
    return answer is not None and answer.get("already_counted") is False


def _accepted(notes: Iterable[Note], *acts: str) -> Iterator[Note]:
    return (note for note in notes if note.act in acts and note.status in (200, 201))


def _amounts_told(note: Note, found: Redemption) -> tuple[int, ...]:
    said = note.said
    # The answer names what follows from the request; the gross price is the request's own.
    told = {**said, "gross_cents": note.request["gross_cents"]}
    return tuple(told.get(name, amount) for name, amount in zip(AMOUNTS, found.amounts, strict=True))


def _order_of(note: Note) -> str:
    """From /v1/orders/{order_id}/…"""
    return note.path.split("/")[3]


def _subject(note: Note) -> str:
    """Whom the key belongs to, as the token names it."""
    return w.device_id(int(note.caller.removeprefix("desk-")))
