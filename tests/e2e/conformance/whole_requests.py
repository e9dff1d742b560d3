"""Requests that are wrong as a whole: bodies that cannot be read, headers that make no sense."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass

from tests.e2e.conformance.document import Operation

TEN_MB = 10 * 1024 * 1024
DEEP = 10_000


@dataclass(frozen=True, kw_only=True)
class WrongBody:
    """Made from a right body; ``headers`` replace those of the same name."""

    statuses: tuple[int, ...]
    content: Callable[[bytes], bytes]
    headers: tuple[bytes, ...] = ()
    length: bool = True

    def lines(self, right: dict[str, str], content: bytes) -> list[bytes]:
        """The header lines."""
        lines = _without(right, self.headers)
        return [*lines, *(line for line in self.headers if b":" in line), *_length(self.length, content)]


@dataclass(frozen=True, kw_only=True)
class WrongHeader:
    """One header line instead of the right one; ``concerns`` says which calls read it."""

    line: bytes
    codes: tuple[str, ...]
    concerns: Callable[[Operation], bool]

    def lines(self, right: dict[str, str], content: bytes) -> list[bytes]:
        """The header lines."""
        line = [self.line] if b":" in self.line else []
        return [*_without(right, (self.line,)), *line, *_length(True, content)]


def _without(right: dict[str, str], replaced: tuple[bytes, ...]) -> list[bytes]:
    names = {line.partition(b":")[0].lower() for line in replaced}
    return [
        f"{name}: {value}".encode() for name, value in right.items() if name.lower().encode() not in names
    ]


def _length(said: bool, content: bytes) -> list[bytes]:
    return [b"Content-Length: %d" % len(content)] if said else []


def _chunked(content: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(content), content)


def _twice(body: bytes) -> bytes:
    """The first field once more, with the same value."""
    first = body[1 : body.index(b":")]
    return b"{" + first + b": null, " + body[1:]


CHUNKS = (b"Transfer-Encoding: chunked",)
WRONG_BODIES: dict[str, WrongBody] = {
    "missing": WrongBody(statuses=(400,), content=lambda body: b""),
    "missing, and no type": WrongBody(statuses=(400,), content=lambda body: b"", headers=(b"Content-Type",)),
    "half": WrongBody(statuses=(400,), content=lambda body: body[: len(body) // 2]),
    "no JSON": WrongBody(statuses=(400,), content=lambda body: b"hello"),
    "one comma more": WrongBody(statuses=(400,), content=lambda body: body[:-1] + b",}"),
    "something behind": WrongBody(statuses=(400,), content=lambda body: body + b" 1"),
    "single quotes": WrongBody(statuses=(400,), content=lambda body: body.replace(b'"', b"'")),
    "NaN": WrongBody(statuses=(400,), content=lambda body: b'{"a": NaN}'),
    "a key twice": WrongBody(statuses=(400,), content=_twice),
    "deep lists": WrongBody(statuses=(400,), content=lambda body: b"[" * DEEP + b"]" * DEEP),
    "deep objects": WrongBody(statuses=(400,), content=lambda body: b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    "a list": WrongBody(statuses=(400, 422), content=lambda body: b"[" + body + b"]"),
    "a text": WrongBody(statuses=(400, 422), content=lambda body: b'"text"'),
    "a number": WrongBody(statuses=(400, 422), content=lambda body: b"5"),
    "null": WrongBody(statuses=(400, 422), content=lambda body: b"null"),
    "invalid UTF-8": WrongBody(statuses=(400,), content=lambda body: body.replace(b'"', b'"\xff', 1)),
    "overlong UTF-8": WrongBody(statuses=(400,), content=lambda body: body.replace(b'"', b'"\xc0\xaf', 1)),
    "UTF-16": WrongBody(statuses=(400,), content=lambda body: body.decode().encode("utf-16")),
    "byte order mark": WrongBody(statuses=(400,), content=lambda body: b"\xef\xbb\xbf" + body),
    "text/plain": WrongBody(
        statuses=(415,), content=lambda body: body, headers=(b"Content-Type: text/plain",)
    ),
    "no type": WrongBody(statuses=(415,), content=lambda body: body, headers=(b"Content-Type",)),
    "XML": WrongBody(
        statuses=(415,), content=lambda body: b"<a/>", headers=(b"Content-Type: application/xml",)
    ),
    "a form": WrongBody(
        statuses=(415, 400),
        content=lambda body: b"a=1&a=2",
        headers=(b"Content-Type: application/x-www-form-urlencoded",),
    ),
    "a file": WrongBody(
        statuses=(415,),
        content=lambda body: b"--x--",
        headers=(b"Content-Type: multipart/form-data; boundary=x",),
    ),
    "said to be gzip": WrongBody(
        statuses=(415,), content=lambda body: body, headers=(b"Content-Encoding: gzip",)
    ),
    "gzip": WrongBody(statuses=(415,), content=gzip.compress, headers=(b"Content-Encoding: gzip",)),
    "10 MB": WrongBody(statuses=(413,), content=lambda body: b'{"a": "' + b"a" * TEN_MB + b'"}'),
    "10 MB in chunks": WrongBody(
        statuses=(413,), content=lambda body: _chunked(b"a" * TEN_MB), headers=CHUNKS, length=False
    ),
    "half in chunks": WrongBody(
        statuses=(400,), content=lambda body: _chunked(body[:-1]), headers=CHUNKS, length=False
    ),
    "chunks of no size": WrongBody(
        statuses=(400,),
        content=lambda body: b"zz\r\n" + body + b"\r\n0\r\n\r\n",
        headers=CHUNKS,
        length=False,
    ),
    "length and chunks": WrongBody(statuses=(400,), content=_chunked, headers=CHUNKS),
    "no length": WrongBody(
        statuses=(400,), content=lambda body: b"", headers=(b"Content-Length: some",), length=False
    ),
    "negative length": WrongBody(
        statuses=(400,), content=lambda body: b"", headers=(b"Content-Length: -1",), length=False
    ),
    "two lengths": WrongBody(statuses=(400,), content=lambda body: body, headers=(b"Content-Length: 2",)),
}


def _takes_key(operation: Operation) -> bool:
    return any(parameter["name"] == "Idempotency-Key" for parameter in operation.parameters_in("header"))


def _takes_secret(operation: Operation) -> bool:
    return any(parameter["name"] == "Order-Secret" for parameter in operation.parameters_in("header"))


def _needs_key(operation: Operation) -> bool:
    return operation.id == "redeem"


def _is_notification(operation: Operation) -> bool:
    return operation.id == "record_notification"


def _reads_token(operation: Operation) -> bool:
    """All but those that ask for a token, are signed, or tell nothing."""
    free = {"create_token", "record_notification", "show_return_page", "healthz", "readyz"}
    return operation.id not in free


def _any(operation: Operation) -> bool:
    return True


KEY, SECRET, TOKEN = ("invalid_field",), ("invalid_field",), ("not_authenticated",)
MALFORMED = ("bad_request", "headers_too_large")
WRONG_HEADERS: dict[str, WrongHeader] = {
    "a short key": WrongHeader(line=b"Idempotency-Key: 1234567", codes=KEY, concerns=_takes_key),
    "a long key": WrongHeader(line=b"Idempotency-Key: " + b"k" * 129, codes=KEY, concerns=_takes_key),
    "a key with a blank": WrongHeader(line=b"Idempotency-Key: 1234 5678", codes=KEY, concerns=_takes_key),
    "a key with an accent": WrongHeader(
        line="Idempotency-Key: clé-unique".encode(), codes=KEY, concerns=_takes_key
    ),
    "an empty key": WrongHeader(line=b"Idempotency-Key:", codes=KEY, concerns=_takes_key),
    "no key for a redemption": WrongHeader(line=b"Idempotency-Key", codes=KEY, concerns=_needs_key),
    "a short secret": WrongHeader(line=b"Order-Secret: s", codes=SECRET, concerns=_takes_secret),
    "a long secret": WrongHeader(line=b"Order-Secret: " + b"s" * 129, codes=SECRET, concerns=_takes_secret),
    "a huge token": WrongHeader(
        line=b"Authorization: Bearer " + b"a" * 8000, codes=TOKEN, concerns=_reads_token
    ),
    "no token": WrongHeader(line=b"Authorization: Bearer", codes=TOKEN, concerns=_reads_token),
    "an empty authorization": WrongHeader(line=b"Authorization:", codes=TOKEN, concerns=_reads_token),
    "three dots": WrongHeader(line=b"Authorization: Bearer a.b.c", codes=TOKEN, concerns=_reads_token),
    "a token with bytes": WrongHeader(
        line=b"Authorization: Bearer \xff\xfe", codes=TOKEN, concerns=_reads_token
    ),
    "an unsigned token": WrongHeader(
        line=b"Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSIsImtpbmQiOiJzdGFmZiJ9.",
        codes=TOKEN,
        concerns=_reads_token,
    ),
    "another scheme": WrongHeader(
        line=b"Authorization: Digest username=x", codes=TOKEN, concerns=_reads_token
    ),
    "no signature": WrongHeader(line=b"X-Nothing: 1", codes=("not_allowed",), concerns=_is_notification),
    "a long signature": WrongHeader(
        line=b"Bank-Signature: " + b"s" * 301, codes=("not_allowed",), concerns=_is_notification
    ),
    "a wrong signature": WrongHeader(
        line=b"Bank-Signature: t=1,v1=00", codes=("not_allowed",), concerns=_is_notification
    ),
    "a key with a control character": WrongHeader(
        line=b"Idempotency-Key: 12345678\x01", codes=(*KEY, *MALFORMED), concerns=_takes_key
    ),
    "a header of 9 kB": WrongHeader(line=b"X-Long: " + b"x" * 9000, codes=MALFORMED, concerns=_any),
    "100 headers": WrongHeader(
        line=b"\r\n".join(b"X-%d: 1" % number for number in range(100)), codes=MALFORMED, concerns=_any
    ),
    "a header without a name": WrongHeader(line=b": value", codes=MALFORMED, concerns=_any),
    "a header with a NUL": WrongHeader(line=b"X-Nul: a\x00b", codes=MALFORMED, concerns=_any),
}
