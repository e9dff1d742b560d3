"""Faults of the databases: restarted, killed, out of connections, a row held by somebody else."""

import time
from contextlib import ExitStack, closing, suppress
from random import Random

import psycopg2
from psycopg2.extensions import connection

from benchmarks import world as w
from devstack.servers.databases import connect
from tests.chaos.stage import HOT_CARDS, Scene

HELD_S = 10.0
_TERMINATE = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND usename <> current_user
"""


def restart_database(scene: Scene, random: Random) -> str:
    """PostgreSQL's immediate restart, which has to recover from its log"""
    scene.database.restart(immediate=True)
    return ""


def kill_database(scene: Scene, random: Random) -> str:
    """kill -9 of the postmaster and all its sessions, away for up to 3 s"""
    scene.database.kill9()
    time.sleep(random.uniform(0, 3))
    scene.database.start()
    return ""


def terminate_sessions(scene: Scene, random: Random) -> str:
    """pg_terminate_backend of every session"""
    with closing(_administrator(scene)) as link:
        _terminate(link)
    return ""


def exhaust_connections(scene: Scene, random: Random) -> str:
    """every connection that PostgreSQL allows is taken for 2 to 6 s, those of the services ended first"""
    with ExitStack() as taken:
        link = taken.enter_context(closing(_administrator(scene)))
        _terminate(link)
        with suppress(psycopg2.OperationalError):
            while True:
                taken.enter_context(closing(connect(scene.database.admin_url)))
        time.sleep(random.uniform(2, 6))
    return ""


def lock_card(scene: Scene, random: Random) -> str:
    """the row of a card that many scan is locked for 10 s"""
    card = w.an_id("card", scene.world.pot_card(random.randrange(HOT_CARDS)))
    return _hold(scene, "cards", "SELECT 1 FROM cards WHERE id = %s FOR UPDATE", card)


def lock_pot(scene: Scene, random: Random) -> str:
    """the wallet's row of a pot that many spend from is locked for 10 s"""
    pot = w.an_id("pot", scene.world.pot_card(random.randrange(HOT_CARDS)))
    return _hold(scene, "wallet", "SELECT 1 FROM pots WHERE id = %s FOR UPDATE", pot)


def _hold(scene: Scene, service: str, statement: str, row_id: str) -> str:
    with closing(connect(scene.stack.database_url(service))) as link, link.cursor() as at:
        at.execute(statement, (row_id,))
        time.sleep(HELD_S)
    return row_id.lstrip("abcdefghijklmnopqrstuvwxyz_0") or "0"


def _administrator(scene: Scene) -> connection:
    link = connect(scene.database.admin_url)
    link.autocommit = True
    return link


def _terminate(link: connection) -> None:
    with link.cursor() as at:
        at.execute(_TERMINATE)
