"""Run in a root: the versions of what the platform found there."""

import platform

from devstack.host.programs import POSTGRESQL, RABBITMQ, found_postgresql, found_rabbitmq


def versions() -> str:
    """Python, RabbitMQ, PostgreSQL: what the table of a run and of the README says."""
    broker = next(one.shown for one in found_rabbitmq() if RABBITMQ.fits(one))
    database = next(one.shown for one in found_postgresql() if POSTGRESQL.fits(one))
    return f"{platform.python_version()} {broker} {database}"


if __name__ == "__main__":
    print(versions())
