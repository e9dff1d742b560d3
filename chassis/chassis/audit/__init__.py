"""The audit (ADR 0025): who did what to what. A rule imports this and writes ``audit.record(…)``."""

from chassis.audit.entries import RECORD, Entry, entry, record, record_all, recording
from chassis.audit.history import history_of

__all__ = ["RECORD", "Entry", "entry", "history_of", "record", "record_all", "recording"]
