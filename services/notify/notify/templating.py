"""The Jinja environment of mails and vouchers: HTML is escaped, a name that is missing is a mistake."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from notify import wording
from notify.palettes import hills

_environment = Environment(
    loader=PackageLoader("notify"),
    autoescape=select_autoescape(["html.j2"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_environment.globals["hills"] = hills
_environment.filters["phone"] = wording.phone


def render(template: str, **values: Any) -> str:
    """The template with its values."""
    return _environment.get_template(template).render(**values)
