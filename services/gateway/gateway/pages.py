"""Pages for people: they load nothing from elsewhere."""

from typing import Any

from jinja2 import Environment, PackageLoader
from starlette.responses import Response

PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_templates = Environment(loader=PackageLoader("gateway"), autoescape=True)


def rendered(name: str, **values: Any) -> str:
    """The template with the values, as HTML."""
    return _templates.get_template(name).render(**values)


def page_answer(page: str) -> Response:
    """A page that may use the styles in itself."""
    headers = {"Content-Security-Policy": PAGE_POLICY}
    return Response(page, headers=headers, media_type="text/html")
