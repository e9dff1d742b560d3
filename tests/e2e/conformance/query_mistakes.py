"""Everything that can be wrong with one parameter of a query string, as it stands in the address."""

from collections.abc import Iterator
from urllib.parse import quote

from tests.e2e.conformance.document import Operation, Schema
from tests.e2e.conformance.mistakes import UNKNOWN

# What cannot be read as UTF-8 stays as it was sent, and a cursor may be any visible ASCII.
NOT_UTF8 = ("%FF", "%ED%A0%80")
CURSOR = "^[!-~]{1,300}$"


def wrong_queries(operation: Operation) -> Iterator[tuple[str, str]]:
    """The parameter at fault and the query string; the others are right where they are required."""
    parameters = operation.parameters_in("query")
    for parameter in parameters:
        name = parameter["name"]
        others = "".join(
            f"&{other['name']}={_right_value(other['schema'])}"
            for other in parameters
            if other.get("required") and other["name"] != name
        )
        for value in _wrong_values(parameter["schema"]):
            yield name, f"{name}={value}{others}"
        yield name, f"{name}=a&{name}=b{others}"
        if parameter.get("required"):
            yield name, others[1:]
    if parameters:
        required = "&".join(
            f"{one['name']}={_right_value(one['schema'])}" for one in parameters if one.get("required")
        )
        yield UNKNOWN, f"{required}&{UNKNOWN}=1"


def _right_value(schema: Schema) -> str:
    """A day is also a text of any kind."""
    if schema["type"] == "integer":
        return str(schema["maximum"])
    return str(schema.get("example", "2020-07-11"))


def _wrong_values(schema: Schema) -> Iterator[str]:
    yield from ("", "%00", "a%00", "%20", quote("é" * 400))
    if schema.get("pattern") != CURSOR:
        yield from NOT_UTF8
    if schema["type"] in ("integer", "number"):
        yield from ("-1", "one", "1e400", "NaN", "inf", "0x10", "1_000", "%D9%A1", str(2**63), str(2**64))
        yield str(schema["maximum"] + 1)
    if schema["type"] == "integer":
        yield from ("1.0", "1e1", "+1", "%201", *(["0"] if schema["minimum"] > 0 else []))
    if "enum" in schema:
        yield "no-such-choice"
    if schema.get("format") in ("date", "date-time"):
        yield from ("2020-02-30", "20200711", "99999-01-01", "now", "2020-07-11T10:00:00", "1594454400")
    if "maxLength" in schema:
        yield "a" * (schema["maxLength"] + 1)
    if "example" in schema:
        yield from ("91,0", "0,181", "44.0", "44.0,", "44,1,1", "nan,nan", "4e1,1", "44.0%2C1.3x")
