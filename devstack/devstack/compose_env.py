"""The environment file of deploy/compose.yaml: fresh secrets, and where the outside world is."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from devstack.environment import FAMILY_QUOTIENT_RECIPIENT, MAIL_FROM
from devstack.host.pids import replace_text
from devstack.programmes import copy_programmes
from devstack.secrets import Secrets, load_secrets

DEFAULT_PORTS = {"gateway": 8000, "portal": 8080, "prometheus": 9090, "bank": 8090, "family_quotient": 8091}
# The user of our images (deploy/Dockerfile).
CONTAINER_USER_ID = 10_001


def compose_env(
    folder: Path,
    *,
    sandbox: bool,
    ports: Mapping[str, int] = DEFAULT_PORTS,
    extra_programmes: Path | None = None,
) -> str:
    """The text of an env file for `docker-compose --env-file`; asked again, it has the same secrets.

    folder: keeps the secrets. sandbox=True fills in the outside world that compose.sandbox.yaml plays and
    makes the folders it shares with the host; otherwise those addresses stay empty, and compose says which
    are missing.
    """
    values = _deployment(load_secrets(folder), ports)
    values |= _sandbox(make_sandbox_folders(folder, extra_programmes), ports) if sandbox else _outside_world()
    return "".join(f"{name}={_quoted(value)}\n" for name, value in values.items())


def write_compose_env(path: Path, text: str) -> None:
    """Write the file so that only its owner can read it."""
    replace_text(path, text)


def make_sandbox_folders(folder: Path, extra_programmes: Path | None = None) -> Path:
    """What containers and host share: clock/, mails/, programmes/; the absolute path of their parent."""
    folder = folder.resolve()
    copy_programmes(folder / "programmes", extra_programmes)
    for name in ("clock", "mails"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    # The containers' user is neither the owner nor in the group, whatever the umask is here.
    for path in (folder / "clock", folder / "programmes", *(folder / "programmes").iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    if os.getuid() == 0:
        # The mailbox does not run as root, whoever started it.
        os.chown(folder / "mails", CONTAINER_USER_ID, CONTAINER_USER_ID)
    return folder


def _deployment(secrets: Secrets, ports: Mapping[str, int]) -> dict[str, str]:
    """What every deployment has, with the names that deploy/compose.yaml asks for."""
    databases = {
        f"{service.upper()}_DATABASE_PASSWORD": password
        for service, password in secrets.database_passwords.items()
    }
    signing_keys = {
        f"{service.upper()}_SIGNING_KEY": key for service, key in secrets.service_signing_keys.items()
    }
    owners = {
        f"{service.upper()}_DATABASE_OWNER_PASSWORD": password
        for service, password in secrets.database_owner_passwords.items()
    }
    return {
        "GATEWAY_PORT": str(ports["gateway"]),
        "PORTAL_PORT": str(ports["portal"]),
        "PROMETHEUS_PORT": str(ports["prometheus"]),
        "PUBLIC_URL": f"http://127.0.0.1:{ports['gateway']}",
        "AMQP_PASSWORD": secrets.amqp_password,
        **{f"{user.upper()}_AMQP_PASSWORD": password for user, password in secrets.amqp_passwords.items()},
        "POSTGRES_PASSWORD": secrets.database_admin_password,
        **databases,
        **owners,
        "PORTAL_SESSION_KEYS": secrets.portal_session_keys,
        "TOKEN_SIGNING_KEY": secrets.token_signing_key,
        "TOKEN_PUBLIC_KEYS": secrets.token_public_keys,
        **signing_keys,
        "SERVICE_PUBLIC_KEYS": secrets.service_public_keys,
        "FINGERPRINT_KEY": secrets.fingerprint_key,
        "SEALING_KEY": secrets.sealing_key,
        "NUMBER_HASH_KEY": secrets.number_hash_key,
        "FAMILY_QUOTIENT_RECIPIENT": FAMILY_QUOTIENT_RECIPIENT,
        "FAMILY_QUOTIENT_API_TOKEN": secrets.family_quotient_api_token,
        "BANK_API_KEY": secrets.bank_api_key,
        "BANK_NOTIFICATION_SECRET": secrets.bank_notification_secret,
        "MAIL_FROM": MAIL_FROM,
    }


def _sandbox(folder: Path, ports: Mapping[str, int]) -> dict[str, str]:
    """The names and ports of compose.sandbox.yaml, as seen from the services."""
    user = CONTAINER_USER_ID if os.getuid() == 0 else os.getuid()
    group = CONTAINER_USER_ID if os.getuid() == 0 else os.getgid()
    return {
        "SANDBOX_FOLDER": str(folder),
        "MAILBOX_USER": f"{user}:{group}",
        "BANK_PORT": str(ports["bank"]),
        "FAMILY_QUOTIENT_PORT": str(ports["family_quotient"]),
        "BANK_API_URL": "http://bank:8090",
        "FAMILY_QUOTIENT_API_URL": "http://family-quotient:8090",
        "SMTP_URL": "smtp://mailbox:2525",
    }


def _outside_world() -> dict[str, str]:
    """Left to whoever deploys; the real bank and API also have their own keys to fill in above."""
    return dict.fromkeys(("BANK_API_URL", "FAMILY_QUOTIENT_API_URL", "SMTP_URL"), "")


def _quoted(value: str) -> str:
    """Single quotes keep $ and " as they are in every version of compose; a value with both has no form."""
    if not value or value == shlex.quote(value):
        return value
    if "'" not in value:
        return f"'{value}'"
    assert not set(value) & set('"$\\'), "no quoting is read the same way by every version of compose"
    return f'"{value}"'
