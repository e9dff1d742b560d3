"""The checker: reads every database, queue and mailbox at rest, and counts what is wrong."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devstack.secrets import DATABASE_SERVICES
from sandbox.reading import read_mail
from tests.chaos import audited, checks, parked
from tests.chaos.books import read_books
from tests.chaos.crew import Crew
from tests.chaos.journal import read_notes, read_unanswered
from tests.chaos.settling import queues
from tests.chaos.stage import Scene
from tests.chaos.striking import Blow
from tests.chaos.strokes_messages import read_poison
from tests.chaos.timing import quantile_s

PDF = "application/pdf"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """``wrong`` holds a line for each thing that is wrong, by count; ``numbers`` are counts without lines."""

    wrong: dict[str, list[str]]
    numbers: dict[str, int]

    @property
    def counts(self) -> dict[str, int]:
        """All of these must be 0."""
        return {**{name: len(lines) for name, lines in self.wrong.items()}, **self.numbers}


def judge(scene: Scene, crew: Crew, left: dict[str, int]) -> Verdict:
    """Check everything; ``left`` is what did not come to rest."""
    notes = read_notes(scene.folder / "journal")
    urls = {service: scene.stack.database_url(service) for service in DATABASE_SERVICES}
    books = read_books(urls)
    put_aside = parked.read_parked(scene.stack.amqp_uri, DATABASE_SERVICES)
    found: dict[str, Iterable[str]] = {
        "lost": checks.lost(books, notes),
        "doubled": checks.doubled(books),
        "unbalanced": checks.unbalanced(books),
        "negative": checks.negative(books),
        "miscounted": checks.miscounted(books, notes),
        "keys_changed": checks.keys_changed(notes),
        "keys_reused": checks.keys_reused(notes),
        "statistics_off": checks.statistics_off(books),
        "receipts_missing": checks.receipts_missing(books),
        "mails_missing": checks.mails_missing(books, kept_mails(scene.stack.mail_folder)),
        "addresses_wrong": checks.addresses_wrong(books, notes, mailed_vouchers(scene.stack.mail_folder)),
        "parked_unexpected": parked.unexpected(put_aside),
        "poison_lost": parked.poison_lost(put_aside, read_poison(scene.folder)),
        "audit_amiss": audited.amiss(urls, books),
        "unanswered": [*read_unanswered(scene.folder / "journal"), *crew.problems],
        "unsettled": [f"{name}: {count}" for name, count in left.items()],
    }
    in_queues = queues(scene.broker).values()
    numbers = {
        "drift_cents": checks.drift_cents(books),
        "unacked": sum(unacknowledged for _, unacknowledged in in_queues),
        "ready": sum(ready for ready, _ in in_queues),
    }
    return Verdict(wrong={name: list(lines) for name, lines in found.items()}, numbers=numbers)


def kept_mails(folder: Path) -> set[str]:
    """The messages that are in a mailbox, by their id: the Message-ID begins with it."""
    found = (read_mail(path).message_id for path in folder.rglob("*.eml"))
    return {message_id.strip("<>").partition("@")[0] for message_id in found}


def mailed_vouchers(folder: Path) -> set[str]:
    """The addresses that were mailed a document to print."""
    mails = map(read_mail, folder.rglob("*.eml"))
    return {mail.recipient for mail in mails if any(one.media_type == PDF for one in mail.attachments)}


def summary(
    seed: int, planted: str, crew: Crew, blows: Sequence[Blow], verdict: Verdict, rest_s: float
) -> dict[str, Any]:
    """The last line of a run."""
    struck = [blow for blow in blows if not blow.error]
    scans = crew.scans
    recovered = sorted(blow.recovered_s for blow in struck) or [0.0]
    return {
        "redemptions": crew.redemptions,
        "faults": len(struck),
        "fault_kinds": len({blow.name for blow in struck}),
        "seed": seed,
        **({"planted": planted} if planted else {}),
        **verdict.counts,
        "recovery_p50_s": round(recovered[len(recovered) // 2], 2),
        "recovery_p99_s": round(recovered[min(int(len(recovered) * 0.99), len(recovered) - 1)], 2),
        "longest_refusal_s": round(max((blow.refused_s for blow in struck), default=0.0), 2),
        "scan_p50_ms": round(1000 * quantile_s(scans, 0.5), 1),
        "scan_p99_ms": round(1000 * quantile_s(scans, 0.99), 1),
        "scan_p99_worst_fault_ms": round(1000 * max((blow.slow_s for blow in struck), default=0.0), 1),
        "tries_in_vain": crew.tries_in_vain,
        "rest_s": round(rest_s, 1),
        "orders": crew.office.placed,
        "answers_500": crew.failures,
        "faults_failed": len(blows) - len(struck),
    }


def keep(folder: Path, verdict: Verdict, blows: Sequence[Blow], said: dict[str, Any]) -> None:
    """The evidence, beside the journal, the logs and the databases."""
    found = {"summary": said, "wrong": verdict.wrong, "faults": [vars(blow) for blow in blows]}
    (folder / "verdict.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
