"""What may stand in a path: opaque ids and codes; anything else is an unknown path."""

from typing import Any

from werkzeug.routing import BaseConverter

from gateway.schemas.fields import ID, SLUG


class IdConverter(BaseConverter):
    """``card_01k9…``"""

    regex = ID[1:-1]


class SlugConverter(BaseConverter):
    """``occygene-2020``"""

    regex = SLUG[1:-1]


CONVERTERS: dict[str, type[BaseConverter]] = {"id": IdConverter, "slug": SlugConverter}


def id_parameter(_: BaseConverter) -> dict[str, Any]:
    """An id as OpenAPI describes it."""
    return {"type": "string", "pattern": ID}


def slug_parameter(_: BaseConverter) -> dict[str, Any]:
    """A code as OpenAPI describes it."""
    return {"type": "string", "pattern": SLUG}
