"""Adapter for the CAF/MSA family quotient API, API Particulier v3, civil-identity call.

Whatever the API does becomes one of the replies below; nothing it says is logged or stored, and no
exception carries its text. Source: https://particulier.api.gouv.fr (quotient familial CNAF et MSA, v3).
"""

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from chassis.clock import real_now
from identity.settings import Settings

PATH = "/v3/dss/quotient_familial/identite"
CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 5.0
# The read timeout is per chunk: an answer that drips is given up after this long.
TOTAL_TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 65_536
MAX_QUOTIENT = 1_000_000
DEFAULT_PAUSE_S = 60
MAX_PAUSE_S = 3_600

# httpx and httpcore log the address of each call, which here names a person.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, kw_only=True, repr=False)
class CivilIdentity:
    """Who is asked about. `birth_insee` is the commune of birth, for people born in France."""

    birth_name: str
    used_name: str
    given_names: str
    birth_date: date
    sex: str
    birth_country: str
    birth_insee: str | None


@dataclass(frozen=True, kw_only=True, repr=False)
class Beneficiary:
    """One of the answer's *allocataires*; `given_names` are all of them, separated by blanks."""

    birth_name: str
    used_name: str | None
    given_names: str
    birth_date: str


@dataclass(frozen=True, kw_only=True, repr=False)
class QuotientRead:
    """The family's quotient, in euros, of one month (`YYYY-MM`). No repr: it must not reach a log."""

    value: int
    month: str
    beneficiaries: tuple[Beneficiary, ...]


@dataclass(frozen=True)
class NotFound:
    """404: the API knows no such family."""


@dataclass(frozen=True)
class Paused:
    """429: nobody may call for so long."""

    retry_after_s: int


@dataclass(frozen=True)
class RequestRefused:
    """The API does not take this request, and never will: 400 or 422."""


@dataclass(frozen=True)
class Unavailable:
    """No usable answer: `cause` is an HTTP status, `timeout`, `connection` or `garbage`."""

    cause: str


Parameter = tuple[str, str | int | float | bool | None]
Reply = QuotientRead | NotFound | Paused | RequestRefused | Unavailable


@dataclass(frozen=True, kw_only=True)
class FamilyQuotientApi:
    """Where the API is, and what lets us in. `recipient` is the SIRET on whose behalf we ask."""

    url: str
    token: str = field(repr=False)
    recipient: str
    read_timeout_s: float = READ_TIMEOUT_S

    def read(self, identity: CivilIdentity, month: date) -> Reply:
        """Ask for the quotient of one month; never raises."""
        try:
            status, headers, body = self._get(_parameters(identity, month, self.recipient))
        except httpx.TimeoutException:
            return Unavailable("timeout")
        except (httpx.HTTPError, httpx.InvalidURL):
            return Unavailable("connection")
        return _reply(status, headers, body)

    def _get(self, parameters: list[Parameter]) -> tuple[int, Mapping[str, str], bytes]:
        timeout = httpx.Timeout(self.read_timeout_s, connect=CONNECT_TIMEOUT_S)
        # trust_env would let a ~/.netrc replace our token, and a proxy read the address.
        with httpx.Client(base_url=self.url, timeout=timeout, trust_env=False) as client:
            headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
            with client.stream("GET", PATH, params=parameters, headers=headers) as answer:
                return answer.status_code, answer.headers, _body(answer)


def family_quotient_api(settings: Settings) -> FamilyQuotientApi:
    """Return the API that the environment names."""
    return FamilyQuotientApi(
        url=settings.family_quotient_api_url,
        token=settings.family_quotient_api_token,
        recipient=settings.family_quotient_recipient,
    )


def _body(answer: httpx.Response) -> bytes:
    body, deadline = b"", time.monotonic() + TOTAL_TIMEOUT_S
    for chunk in answer.iter_bytes():
        body += chunk
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("too slow")
        if len(body) > MAX_ANSWER_BYTES:
            raise httpx.DecodingError("too long")
    return body


def _parameters(identity: CivilIdentity, month: date, recipient: str) -> list[Parameter]:
    born = identity.birth_date
    parameters: list[Parameter] = [
        ("recipient", recipient),
        ("nomNaissance", identity.birth_name),
        *(("prenoms[]", name) for name in identity.given_names.split()),
        ("anneeDateNaissance", born.year),
        ("moisDateNaissance", born.month),
        ("jourDateNaissance", born.day),
        ("sexeEtatCivil", identity.sex),
        ("codeCogInseePaysNaissance", identity.birth_country),
        ("annee", month.year),
        ("mois", month.month),
    ]
    if identity.birth_insee is not None:
        parameters.append(("codeCogInseeCommuneNaissance", identity.birth_insee))
    return parameters


def _reply(status: int, headers: Mapping[str, str], body: bytes) -> Reply:
    if status == 200:
        return _read_answer(body)
    if status == 404:
        return NotFound()
    if status == 429:
        return Paused(_retry_after_s(headers.get("Retry-After", "")))
    # 401 and 403 are our token's fault, which somebody may mend: they count as unavailable.
    return RequestRefused() if status in (400, 422) else Unavailable(str(status))


def _retry_after_s(text: str) -> int:
    """Read seconds or an HTTP date (RFC 9110 §10.2.3), within bounds; a default where it is neither."""
    try:
        seconds = int(text) if text.isascii() and text.isdigit() else _seconds_until(text)
    except (ValueError, TypeError):
        seconds = DEFAULT_PAUSE_S
    return min(max(seconds, 1), MAX_PAUSE_S)


def _seconds_until(text: str) -> int:
    return round((parsedate_to_datetime(text) - real_now()).total_seconds())


def _read_answer(body: bytes) -> Reply:
    try:
        data = json.loads(body)["data"]
        quotient = data["quotient_familial"]
        return QuotientRead(
            value=_whole(quotient["valeur"], 0, MAX_QUOTIENT),
            month=f"{_whole(quotient['annee'], 2000, 2200)}-{_whole(quotient['mois'], 1, 12):02}",
            beneficiaries=tuple(_beneficiary(entry) for entry in data["allocataires"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return Unavailable("garbage")


def _whole(value: Any, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise ValueError("no whole number in range")
    return value


def _beneficiary(entry: Mapping[str, Any]) -> Beneficiary:
    return Beneficiary(
        birth_name=_text(entry["nom_naissance"]),
        used_name=None if entry["nom_usage"] is None else _text(entry["nom_usage"]),
        given_names=_text(entry["prenoms"]),
        birth_date=_text(entry["date_naissance"]),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value
