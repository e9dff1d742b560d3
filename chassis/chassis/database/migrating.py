"""Migrations: each service's own revisions and the chassis's, run by one environment script."""

from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.config import Config

_CHASSIS = Path(__file__).parent.parent


def migrate(database_url: str, name: str) -> None:
    """Run the chassis's migrations, then the service's own; each has its own version table."""
    own = Path(str(import_module(name).__file__)).parent.parent / "migrations"
    for versions, table in ((_CHASSIS / "migrations", "chassis_version"), (own, "alembic_version")):
        if versions.is_dir():
            command.upgrade(alembic_config(database_url, versions, table), "head")


def alembic_config(database_url: str, versions: Path, version_table: str) -> Config:
    """One environment script serves every service; only the folder of revisions differs."""
    config = Config()
    config.set_main_option("script_location", str(_CHASSIS / "alembic_environment"))
    config.set_main_option("version_locations", str(versions))
    config.set_main_option("path_separator", "newline")
    config.attributes["database_url"] = database_url
    config.attributes["version_table"] = version_table
    return config
