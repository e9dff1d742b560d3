"""The environment of each service process: its only configuration."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chassis.events.bundles import EVENTS_MAX
from devstack.host.libraries import library_path
from devstack.host.ports import LOOPBACK
from devstack.secrets import GATEWAY, PORTAL, SERVICES, Secrets
from devstack.servers.backing import Backing

# The SIRET of the Région Occitanie, who asks for the quotient; public, so it is no secret.
FAMILY_QUOTIENT_RECIPIENT = "20005379100014"
MAIL_FROM = "OCC'YGÈNE <carte@occygene.example>"
CALLS_IN_FLIGHT = 1_000
STREAMS_MAX = 10_000
# All callers of one machine have one address, and benchmarks and chaos are a few devices that never rest.
THROTTLE_SCALE = 1_000


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """Where everything of one platform is: what the services' environments are made of."""

    folder: Path
    amqp_uri: str = field(repr=False)
    amqp_uris: Mapping[str, str] = field(repr=False)
    database_urls: Mapping[str, str] = field(repr=False)
    owner_urls: Mapping[str, str] = field(repr=False)
    secrets: Secrets = field(repr=False)
    gateway_port: int
    bank_port: int
    family_quotient_port: int
    mailbox_port: int
    # 0 where the web site is left out.
    portal_port: int = 0
    log_level: str = "info"

    @property
    def gateway_url(self) -> str:
        """Where the public API answers."""
        return f"http://{LOOPBACK}:{self.gateway_port}"

    @property
    def portal_url(self) -> str:
        """Where the web site answers."""
        return f"http://{LOOPBACK}:{self.portal_port}"

    @property
    def bank_url(self) -> str:
        """Where the local bank answers."""
        return f"http://{LOOPBACK}:{self.bank_port}"

    @property
    def family_quotient_url(self) -> str:
        """Where the local CAF/MSA API answers."""
        return f"http://{LOOPBACK}:{self.family_quotient_port}"

    @property
    def mail_folder(self) -> Path:
        """Where the local mailbox writes what it gets."""
        return self.folder / "mails"

    @property
    def programmes_folder(self) -> Path:
        """This platform's copy of the programme files."""
        return self.folder / "programmes"

    @property
    def clock_file(self) -> Path:
        """The movable clock."""
        return self.folder / "clock"


def wire(folder: Path, backing: Backing, secrets: Secrets, ports: Mapping[str, int]) -> Wiring:
    """Bring together where the backing services are and the ports chosen for the rest."""
    return Wiring(
        folder=folder,
        amqp_uri=backing.amqp_uri,
        amqp_uris={service: backing.amqp_uri_of(service) for service in SERVICES},
        database_urls=backing.database_urls,
        owner_urls=backing.owner_urls,
        secrets=secrets,
        gateway_port=ports[GATEWAY],
        bank_port=ports["bank"],
        family_quotient_port=ports["family_quotient"],
        mailbox_port=ports["mailbox"],
        portal_port=ports.get(PORTAL, 0),
    )


def service_environment(service: str, wiring: Wiring, metrics_port: int) -> dict[str, str]:
    """Every variable a process of this service reads (`.env.example` explains them)."""
    data = {} if service == GATEWAY else _data_variables(service, wiring)
    return {
        **base_environment(),
        "ENVIRONMENT": "development",
        "AMQP_URI": wiring.amqp_uris[service],
        **data,
        "METRICS_PORT": str(metrics_port),
        "LOG_LEVEL": wiring.log_level,
        "PROGRAMMES_DIR": str(wiring.programmes_folder),
        "TOKEN_PUBLIC_KEYS": wiring.secrets.token_public_keys,
        "SERVICE_SIGNING_KEY": wiring.secrets.service_signing_keys[service],
        "PUBLIC_URL": wiring.gateway_url,
        "CLOCK_FILE": str(wiring.clock_file),
        **_own_variables(service, wiring),
    }


def prepare_environment(service: str, wiring: Wiring, metrics_port: int) -> dict[str, str]:
    """What `prepare` has besides: the owner's accounts, which no serving process is given (ADR 0023)."""
    owner = {"OWNER_DATABASE_URL": wiring.owner_urls[service], "OWNER_AMQP_URI": wiring.amqp_uri}
    return service_environment(service, wiring, metrics_port) | owner


def portal_environment(wiring: Wiring, metrics_port: int) -> dict[str, str]:
    """Every variable of the web site, which knows nothing of the platform but where its API answers."""
    return {
        **base_environment(),
        "ENVIRONMENT": "development",
        "GATEWAY_URL": wiring.gateway_url,
        "SESSION_KEYS": wiring.secrets.portal_session_keys,
        "MAP_TILES_URL": "",
        "MAP_TILES_ATTRIBUTION": "",
        "HTTP_PORT": str(wiring.portal_port),
        "HTTP_HOST": LOOPBACK,
        "METRICS_PORT": str(metrics_port),
        "LOG_LEVEL": wiring.log_level,
    }


def sandbox_environment(wiring: Wiring) -> dict[str, str]:
    """Every variable of the three sandbox processes."""
    return {
        **base_environment(),
        "BANK_PORT": str(wiring.bank_port),
        "BANK_API_KEY": wiring.secrets.bank_api_key,
        "BANK_NOTIFICATION_SECRET": wiring.secrets.bank_notification_secret,
        "FAMILY_QUOTIENT_PORT": str(wiring.family_quotient_port),
        "FAMILY_QUOTIENT_API_TOKEN": wiring.secrets.family_quotient_api_token,
        "MAILBOX_PORT": str(wiring.mailbox_port),
        "MAILBOX_FOLDER": str(wiring.mail_folder),
    }


def base_environment() -> dict[str, str]:
    """What any process needs; the caller's own variables cannot leak into a service."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "HOME": os.environ.get("HOME", "/"),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONSAFEPATH": "1",
        **library_path(),
    }


def _data_variables(service: str, wiring: Wiring) -> dict[str, str]:
    """What only a service that answers calls has."""
    return {
        "DATABASE_URL": wiring.database_urls[service],
        "EVENTS_PER_MESSAGE": str(EVENTS_MAX),
        "SERVICE_PUBLIC_KEYS": wiring.secrets.service_public_keys,
    }


def _own_variables(service: str, wiring: Wiring) -> dict[str, str]:
    """The variables that only this service reads."""
    secrets = wiring.secrets
    own: dict[str, dict[str, str]] = {
        "identity": {
            "TOKEN_SIGNING_KEY": secrets.token_signing_key,
            "FINGERPRINT_KEY": secrets.fingerprint_key,
            "FAMILY_QUOTIENT_API_URL": wiring.family_quotient_url,
            "FAMILY_QUOTIENT_API_TOKEN": secrets.family_quotient_api_token,
            "FAMILY_QUOTIENT_RECIPIENT": FAMILY_QUOTIENT_RECIPIENT,
        },
        "cards": {"SEALING_KEY": secrets.sealing_key, "NUMBER_HASH_KEY": secrets.number_hash_key},
        "wallet": {
            "BANK_API_URL": wiring.bank_url,
            "BANK_API_KEY": secrets.bank_api_key,
            "BANK_NOTIFICATION_SECRET": secrets.bank_notification_secret,
        },
        "notify": {"SMTP_URL": f"smtp://{LOOPBACK}:{wiring.mailbox_port}", "MAIL_FROM": MAIL_FROM},
        GATEWAY: {
            "HTTP_PORT": str(wiring.gateway_port),
            # On one machine only the machine itself may call.
            "HTTP_HOST": LOOPBACK,
            # Several gateways listen on one port.
            "HTTP_REUSE_PORT": "1",
            "CALLS_IN_FLIGHT": str(CALLS_IN_FLIGHT),
            "STREAMS_MAX": str(STREAMS_MAX),
            "PROXIES_IN_FRONT": "0",
            "THROTTLE_SCALE": str(THROTTLE_SCALE),
        },
    }
    return own.get(service, {})
