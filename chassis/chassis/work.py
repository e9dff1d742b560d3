"""What this worker is doing, by name, so that the time spent in the database can be told apart by it."""

from contextvars import ContextVar

# The RPC's method, the event's name or the loop's; each worker's greenthread has its own.
current_work: ContextVar[str] = ContextVar("current_work", default="other")
