"""The OpenAPI document and a readable page made from it, without anything loaded from elsewhere."""

import json
import re
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape
from starlette.responses import Response

from gateway.asked import Asked
from gateway.pages import page_answer, rendered
from gateway.paths import Routes
from gateway.problems import all_codes

METHODS = ("get", "post", "put", "patch", "delete")


def register(routes: Routes, spec: dict[str, Any]) -> None:
    """Serve both; the page is made once, the first time that somebody asks."""
    text = json.dumps(spec, ensure_ascii=False)
    page: list[str] = []

    async def openapi_json(asked: Asked) -> Response:
        asked.public = True
        return Response(text, media_type="application/json")

    async def docs_page(_asked: Asked) -> Response:
        if not page:
            page.append(render_page(spec))
        return page_answer(page[0])

    routes.add("GET", "/v1/openapi.json", openapi_json)
    routes.add("GET", "/v1/docs", docs_page)


def render_page(spec: dict[str, Any]) -> str:
    """The documentation as HTML."""
    schemas = spec["components"]["schemas"]
    return rendered(
        "docs.html",
        spec=spec,
        groups=_groups(spec),
        schemas={name: _rows(schema) for name, schema in sorted(schemas.items())},
        about={name: schema.get("description", "") for name, schema in schemas.items()},
        codes=sorted(all_codes().items()),
        kind=kind_of,
        marked=marked,
        scopes=spec["components"]["securitySchemes"]["oauth2"]["flows"]["password"]["scopes"],
    )


def marked(text: str) -> Markup:
    """Text with `code` between backticks, as HTML."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before


def _groups(spec: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    found = [
        {"path": path, "method": method.upper(), **item[method], **_shapes(item[method])}
        for path, item in spec["paths"].items()
        for method in METHODS
        if method in item
    ]
    for operation, shared in ((one, spec["paths"][one["path"]].get("parameters", [])) for one in found):
        operation["parameters"] = [*shared, *operation.get("parameters", [])]
    return [(tag, list(group)) for tag, group in groupby(found, key=lambda one: str(one["tags"][0]))]


def _shapes(operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {})
    good = {status: one for status, one in operation["responses"].items() if status.startswith("2")}
    return {
        "scopes": [one["oauth2"][0] for one in operation.get("security", []) if "oauth2" in one],
        "open": not operation.get("security") or {} in operation["security"],
        "bodies": [(media, content["schema"]) for media, content in body.items()],
        "answers": [
            (status, media, content["schema"])
            for status, one in good.items()
            for media, content in (one.get("content") or {"": {"schema": {}}}).items()
        ],
        "problems": [status for status in operation["responses"] if not status.startswith("2")],
    }


def _rows(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any], bool]]:
    required = schema.get("required", [])
    return [(name, field, name in required) for name, field in schema.get("properties", {}).items()]


def kind_of(schema: dict[str, Any]) -> list[tuple[str, str]]:
    """A schema in words, as pairs of text and the name of the schema that it links to (or nothing)."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return [(name, name)]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            kinds = [kind_of(one) for one in schema[several]]
            return [
                pair for index, kind in enumerate(kinds) for pair in ([(" or ", "")] if index else []) + kind
            ]
    if schema.get("type") == "array":
        return [("list of ", ""), *kind_of(schema["items"])]
    return [(_plain(schema), "")]


def _plain(schema: dict[str, Any]) -> str:
    kind = schema.get("type", "any")
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    limits = [
        f"{label} {schema[key]}"
        for key, label in (
            ("format", ""),
            ("minimum", "≥"),
            ("maximum", "≤"),
            ("maxLength", "at most"),
            ("pattern", ""),
        )
        if key in schema
    ]
    if "enum" in schema:
        limits.append(" | ".join(str(value) for value in schema["enum"]))
    return ", ".join([words, *(limit.strip() for limit in limits)])
