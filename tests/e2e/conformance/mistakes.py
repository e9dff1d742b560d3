"""Everything that can be wrong with one field, from its schema: what it is called, and its JSON text.

Values are JSON texts, not objects: `1e400`, `5.0` and a lone surrogate must reach the gateway as they stand.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any

from tests.e2e.conformance.document import Field, Path, Schema

MARK = "@@here@@"
MANY = 10_000
UNKNOWN = "no_such_field"
OF_EACH_TYPE = {
    "string": '"5"',
    "integer": "5",
    "number": "5.5",
    "boolean": "true",
    "array": "[]",
    "object": "{}",
    "null": "null",
}
# No text of ours may hold these; the last two end a line for some readers and not for others.
FORBIDDEN_CHARACTERS = {
    "NUL": r'"a\u0000b"',
    "lone high surrogate": r'"a\ud800"',
    "lone low surrogate": r'"\udfffa"',
    "escape": r'"\u001b[31m"',
    "delete": r'"a\u007f"',
    "next line": r'"a\u0085"',
}
# Fine in a note, some in a name too; wrong in a code, a date, a number …
ODD_TEXTS = {
    "right to left": r'"\u202eabc \u0627\u0644\u0639\u0631\u0628\u064a\u0629"',
    "emoji": r'"\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67 \ud83c\uddeb\ud83c\uddf7"',
    "combining": r'"Z\u0351\u036b\u0343a\u0328\u0322"',
    "markup": r'"<script>alert(1)</script>"',
    "quotes": r'"O\u0027Brien\"; DROP TABLE orders; --"',
    "template": r'"{{7*7}} ${7*7} %s %n"',
}
NUMBERS_TOO_FAR = {
    "2^63": str(2**63),
    "2^64": str(2**64),
    "-2^63 - 1": str(-(2**63) - 1),
    "400 digits": "9" * 400,
    "1e400": "1e400",
    "-1e400": "-1e400",
}


def mistakes_of(field: Field, value: Any) -> Iterator[tuple[str, str]]:
    """What is wrong → the field's JSON text; ``value`` is a right one."""
    yield from _other_types(field)
    schema = field.schema
    if "string" in field.types:
        yield from _texts(schema)
    if "integer" in field.types or "number" in field.types:
        yield from _numbers(schema, whole="integer" in field.types)
    if "array" in field.types:
        yield from _lists(schema, value)


def odd_texts_of(field: Field) -> dict[str, str]:
    """Odd texts that the field may have all the same."""
    free = "string" in field.types and not field.schema.keys() & {"pattern", "format", "enum"}
    limit = field.schema.get("maxLength", 0)
    return {what: text for what, text in ODD_TEXTS.items() if free and len(json.loads(text)) <= limit}


def body_with(body: Any, path: Path, text: str) -> str:
    """The body as JSON text with another text at the path."""
    changed = copy.deepcopy(body)
    parent = _parent(changed, path)
    parent[path[-1]] = MARK
    return json.dumps(changed).replace(f'"{MARK}"', text)


def body_without(body: Any, path: Path) -> str:
    """The body as JSON text without the field."""
    changed = copy.deepcopy(body)
    del _parent(changed, path)[path[-1]]
    return json.dumps(changed)


def value_at(body: Any, path: Path) -> Any:
    """What stands at the path; None where a right body may do without."""
    if not path:
        return body
    parent = _parent(body, path)
    return parent.get(path[-1]) if isinstance(parent, dict) else parent[path[-1]]


def _parent(body: Any, path: Path) -> Any:
    for part in path[:-1]:
        body = body[part]
    return body


def _other_types(field: Field) -> Iterator[tuple[str, str]]:
    allowed = field.types | ({"integer"} if "number" in field.types else set())
    for name, text in OF_EACH_TYPE.items():
        if name not in allowed:
            yield f"{name} instead", text


def _texts(schema: Schema) -> Iterator[tuple[str, str]]:
    yield "empty", '""'
    yield "blank", '"   "'
    yield from FORBIDDEN_CHARACTERS.items()
    if "maxLength" in schema:
        yield "one too long", json.dumps("9" * (schema["maxLength"] + 1))
        yield "much too long", json.dumps("é" * MANY)
    if "enum" in schema:
        yield "unknown choice", '"no_such_choice"'
    if schema.keys() & {"pattern", "format", "enum"}:
        yield from ODD_TEXTS.items()
        yield "line break at the end", r'"2020-07-11\n"'
    if schema.get("format") in ("date", "date-time"):
        for text in ("2020-02-30", "2020-13-01", "99999-01-01", "20200711", "2020-07-11T10:00:00", "now"):
            yield f"“{text}”", json.dumps(text)


def _numbers(schema: Schema, *, whole: bool) -> Iterator[tuple[str, str]]:
    yield from NUMBERS_TOO_FAR.items()
    yield "below the least", str(schema["minimum"] - 1)
    yield "above the most", str(schema["maximum"] + 1)
    yield "as a text", '"5"'
    if whole:
        yield "with a fraction of 0", "5.0"
        yield "with an exponent", "1e1"


def _lists(schema: Schema, value: list[Any]) -> Iterator[tuple[str, str]]:
    yield f"{MANY} zeros", json.dumps([0] * MANY)
    yield "one too many", json.dumps([value[0] if value else 0] * (schema["maxItems"] + 1))
    yield "deep", "[" * 500 + "]" * 500
    if schema["minItems"]:
        yield "empty", "[]"
    if schema.get("uniqueItems") and value:
        yield "one twice", json.dumps([value[0], value[0]])
