"""All that a `service.py` imports from the chassis."""

from chassis.dependencies import CurrentCaller, Database, Loaded, Services, SettingsOf
from chassis.entrypoints.events import handles, handles_together
from chassis.entrypoints.loops import every
from chassis.entrypoints.rpc import rpc

__all__ = [
    "CurrentCaller",
    "Database",
    "Loaded",
    "Services",
    "SettingsOf",
    "every",
    "handles",
    "handles_together",
    "rpc",
]
