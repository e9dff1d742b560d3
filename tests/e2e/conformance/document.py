"""The OpenAPI document as these tests read it: operations, parameters, and every field of a body."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]
Path = tuple[str | int, ...]
JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One call of the API; ``body`` is the schema of its JSON body."""

    id: str
    method: str
    path: str
    parameters: tuple[Schema, ...]
    body: Schema | None

    def parameters_in(self, place: str) -> list[Schema]:
        """Those of the ``path``, ``query`` or ``header``."""
        return [parameter for parameter in self.parameters if parameter["in"] == place]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a body, an item of a list among them (number 0); ``schema`` has no references left."""

    path: Path
    schema: Schema
    required: bool

    @property
    def name(self) -> str:
        """As problems name it."""
        return ".".join(map(str, self.path))

    @property
    def types(self) -> set[str]:
        """The JSON types that it may have."""
        found = self.schema.get("type", "object")
        return set(found) if isinstance(found, list) else {found}


class Document:
    """``/v1/openapi.json``, read."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self._raw = raw

    def operations(self) -> list[Operation]:
        """All of them, in the document's order."""
        return [
            self._operation(path, item, method)
            for path, item in self._raw["paths"].items()
            for method in ("get", "post")
            if method in item
        ]

    def operation(self, name: str) -> Operation:
        """By its operationId."""
        return next(operation for operation in self.operations() if operation.id == name)

    def with_body(self) -> list[Operation]:
        """Those that take a body of our own shape; the bank's is signed as a whole."""
        return [one for one in self.operations() if one.body is not None and one.id != "record_notification"]

    def fields(self, schema: Schema, path: Path = ()) -> Iterator[Field]:
        """Every field of an object and of what is in it."""
        for name, found in schema.get("properties", {}).items():
            yield from self._field((*path, name), found, name in schema.get("required", ()))

    def objects(self, schema: Schema) -> list[Path]:
        """Where the body and the objects in it are."""
        inner = [field.path for field in self.fields(schema) if "properties" in field.schema]
        return [(), *inner]

    def resolved(self, schema: Schema) -> Schema:
        """The schema itself; an object that may be null says so in its type."""
        if "$ref" in schema:
            return self.resolved(self._raw["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        if "anyOf" in schema:
            found = self.resolved(schema["anyOf"][0])
            return {**found, "type": [found["type"], "null"]}
        return schema

    def _field(self, path: Path, schema: Schema, required: bool) -> Iterator[Field]:
        found = self.resolved(schema)
        yield Field(path=path, schema=found, required=required)
        yield from self.fields(found, path)
        if "items" in found:
            yield from self._field((*path, 0), found["items"], required=False)

    def _operation(self, path: str, item: dict[str, Any], method: str) -> Operation:
        raw = item[method]
        parameters = [*item.get("parameters", ()), *raw.get("parameters", ())]
        content = raw.get("requestBody", {}).get("content", {})
        schema = content.get(JSON, {}).get("schema")
        return Operation(
            id=raw["operationId"],
            method=method.upper(),
            path=path,
            parameters=tuple(map(self._parameter, parameters)),
            body=None if schema is None else self._body(schema),
        )

    def _parameter(self, parameter: Schema) -> Schema:
        if "$ref" not in parameter:
            return parameter
        found: Schema = self._raw["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
        return found

    def _body(self, schema: Schema) -> Schema:
        """A token is asked for in one of several forms; the password's has the most fields."""
        if "oneOf" in schema:
            return self.resolved(next(form for form in schema["oneOf"] if "Password" in form["$ref"]))
        return self.resolved(schema)
