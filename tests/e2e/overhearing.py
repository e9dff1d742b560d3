"""What people told and were told in the course of the tests that nobody else may read."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl

import httpx
from sqlalchemy import text

from cards.sealing import Keys, order_secret, unseal
from devstack.stack import Stack
from sandbox.reading import read_mails
from tests.e2e.quiet import rows

Secrets = dict[str, set[str]]

# By the field that holds it, in requests and answers alike.
KINDS = {
    **dict.fromkeys(("access_token", "refresh_token", "client_secret", "order_secret"), "a token or secret"),
    **dict.fromkeys(
        ("password", "new_password", "one_time_password", "enrolment_code"), "a password or code"
    ),
    **dict.fromkeys(("card", "number", "qr"), "what is printed on a card"),
    **dict.fromkeys(("card_code", "code"), "a code of digits"),
    **dict.fromkeys(("email", "username"), "a mail address"),
    **dict.fromkeys(("given_name", "family_name", "birth_name", "manager_name"), "a name"),
    **dict.fromkeys(("phone", "street"), "where somebody lives"),
}
DIGITS = re.compile(r"\d{4}|\d{6}")
LOGIN_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
SEALED = text("SELECT id, sealed FROM cards")
ORDERS = text("SELECT id FROM orders")
PEOPLE = text("SELECT email FROM accounts UNION SELECT email FROM holders UNION SELECT email FROM staff")


class Overheard:
    """Listens to every httpx client of this process; the tests' people all speak through one."""

    def __init__(self) -> None:
        self.secrets: Secrets = defaultdict(set)

    def listening(self, send: Callable[..., httpx.Response]) -> Callable[..., httpx.Response]:
        """``httpx.Client.send`` with an ear."""

        def heard(client: httpx.Client, request: httpx.Request, **kwargs: Any) -> httpx.Response:
            answer = send(client, request, **kwargs)
            # Who reads in pieces reads for itself; the tests' people do not.
            if not kwargs.get("stream"):
                self.note(request.content)
                self.note(answer.content)
            return answer

        return heard

    def note(self, body: bytes) -> None:
        """Keep what a body holds of what nobody else may read."""
        for name, value in _fields(_read(body)):
            kind = KINDS.get(name)
            # `code` is also a programme's, a refusal's and a card type's name.
            if kind and (kind != "a code of digits" or DIGITS.fullmatch(value)):
                self.secrets[kind].add(value)


def secrets_of(platform: Stack, overheard: Overheard) -> Secrets:
    """All of them: overheard, read in the mails, and opened in the databases with the services' own keys."""
    found: Secrets = defaultdict(set, {kind: set(values) for kind, values in overheard.secrets.items()})
    keys = _keys(platform)
    for card_id, sealed in rows(platform, "cards", SEALED):
        printed = unseal(keys, card_id, bytes(sealed))
        found["what is printed on a card"] |= {printed.number, printed.qr_text}
        found["a code of digits"].add(printed.card_code)
    found["a token or secret"] |= {order_secret(keys, row[0]) for row in rows(platform, "cards", ORDERS)}
    found["a key or password of the platform"] |= _keys_and_passwords(platform)
    found["a mail address"] |= {row[0] for row in rows(platform, "identity", PEOPLE)}
    for mail in read_mails(platform.mail_folder):
        found["a mail address"].add(mail.recipient)
        if not mail.attachments:
            found["a code of digits"] |= set(LOGIN_CODE.findall(mail.text))
    return {kind: {value for value in values if len(value) >= 4} for kind, values in found.items()}


def _keys(platform: Stack) -> Keys:
    own = platform.environment("cards")
    return Keys(sealing=bytes.fromhex(own["SEALING_KEY"]), number_hash=bytes.fromhex(own["NUMBER_HASH_KEY"]))


def _keys_and_passwords(platform: Stack) -> set[str]:
    """What processes are given; of a signing key its private part alone, the rest is public."""
    kept = {name: value for name, value in asdict(platform.wiring.secrets).items() if "public" not in name}
    return {json.loads(value)["d"] if value.startswith("{") else value for _, value in _fields(kept)}


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return dict(parse_qsl(body.decode("utf-8", "replace")))


def _fields(said: Any) -> Iterator[tuple[str, str]]:
    for name, value in said.items() if isinstance(said, dict) else enumerate(said):
        if isinstance(value, str):
            yield str(name), value
        elif isinstance(value, dict | list):
            yield from _fields(value)
