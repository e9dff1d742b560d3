"""What no answer may say: how the platform is built, where its files lie, what it asked its databases."""

import re
from collections.abc import Mapping
from email.message import Message

_SIGNS: dict[str, re.Pattern[str]] = {
    "a traceback": re.compile(r"Traceback|File \"|, line \d+|most recent call"),
    "a file": re.compile(r"\.pyc?\b|site-packages|\.venv|(?:/(?:usr|home|root|opt|tmp|var|app)/)"),
    "SQL": re.compile(
        r"\bSELECT\b|\bINSERT INTO\b|\bUPDATE \w+ SET\b|\bDELETE FROM\b|\bDROP TABLE\b"
        r"|\[SQL|\bpg_\w+|\bSQLSTATE\b"
    ),
    # Of these words only "amqp" has no letter that our ids leave out: one id in 50,000 holds it by chance.
    "a library": re.compile(
        r"(?i)psycopg|sqlalchemy|postgres|rabbitmq|(?:\b|py)amqp|nameko|kombu|eventlet|uvicorn|starlette|marshmallow|apispec|jinja"
    ),
    "a class": re.compile(
        r"\b[A-Z]\w*(?:Error|Exception|Refusal|Timeout|Unavailable|Violation|Warning)\b"
        r"|<[\w.]+ object at |<class "
    ),
    "a way to a broker or database": re.compile(r"\w+://[^/\s\"]*:[^/\s\"]*@|\blocalhost\b"),
}


def inside_told(headers: Mapping[str, str] | Message, body: bytes) -> set[str]:
    """The kinds of what an answer tells of the inside, with the words that do."""
    text = "\n".join(
        [*(f"{name}: {value}" for name, value in headers.items()), body.decode("utf-8", "replace")]
    )
    return {f"{kind}: {found.group()}" for kind, sign in _SIGNS.items() if (found := sign.search(text))}
