"""A private server whose databases tests copy, lose and bring back."""

from contextlib import closing
from pathlib import Path

from devstack.host.pids import PidFile
from devstack.host.ports import LOOPBACK
from devstack.servers.archiving import backup_folder
from devstack.servers.databases import ADMINISTRATOR, connect, database_url
from devstack.servers.postgresql import PostgresqlCluster, start_postgresql
from devstack.servers.postgresql_data import DATA_LINK
from devstack.servers.recovery import back_up_server, restore_server

PASSWORD = "administrator-of-a-test"
NAMES = ("first", "second")


class Server:
    """A private server with two databases, a table of numbers in each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        self.cluster = self._start()
        for name in NAMES:
            with closing(connect(self.cluster.admin_url)) as link, link.cursor() as at:
                link.autocommit = True
                at.execute(f"CREATE DATABASE {name}")
            self.do(name, "CREATE TABLE numbers (number int)")

    @property
    def data(self) -> Path:
        return (self.folder / DATA_LINK).resolve()

    @property
    def bases(self) -> Path:
        return backup_folder(self.data) / "base"

    def write(self, number: int) -> None:
        """In both databases, one after the other, each on its own."""
        for name in NAMES:
            self.do(name, "INSERT INTO numbers VALUES (%s)", number)

    def numbers(self) -> tuple[list[int], list[int]]:
        first, second = (self.ask(name, "SELECT number FROM numbers ORDER BY 1") for name in NAMES)
        return [int(str(row[0])) for row in first], [int(str(row[0])) for row in second]

    def moment(self) -> str:
        """Now, as a restore is told."""
        asked = """SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
        return str(self.ask("first", asked)[0][0])

    def back_up(self) -> str:
        return back_up_server(self.folder, self.cluster.port, PASSWORD)

    def restore(self, to: str) -> str:
        """As after a power cut; the server runs again afterwards."""
        self.cluster.kill9()
        try:
            return restore_server(self.folder, to)
        finally:
            self.start_again()

    def start_again(self) -> None:
        """On another port; with no data, as a new server."""
        self.cluster = self._start()

    def _start(self) -> PostgresqlCluster:
        pids = PidFile(self.folder.parent)
        return start_postgresql(self.folder, pids=pids, admin_password=PASSWORD, durable=False, archive=True)

    def _url(self, name: str) -> str:
        return database_url(ADMINISTRATOR, PASSWORD, LOOPBACK, self.cluster.port, name)

    def do(self, name: str, statement: str, *values: int) -> None:
        with closing(connect(self._url(name))) as link, link, link.cursor() as at:
            at.execute(statement, values or None)

    def ask(self, name: str, statement: str) -> list[tuple[object, ...]]:
        with closing(connect(self._url(name))) as link, link, link.cursor() as at:
            at.execute(statement)
            return at.fetchall()
