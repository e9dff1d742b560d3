"""The gateway's settings: it has no database, and reads no programme file of its own."""

from dataclasses import dataclass

from chassis.settings import ProcessSettings


@dataclass(frozen=True, kw_only=True)
class Settings(ProcessSettings):
    """``http_port`` and ``http_threads`` are read again by `gateway.gunicorn_conf`."""

    http_port: int
    http_threads: int = 16
