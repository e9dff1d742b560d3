"""A page: a template, the visitor's language, and what the browser is told of it."""

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from portal.api.client import Api
from portal.languages import CODES, LANGUAGES, Language, language_of
from portal.session import Sessions

FOLDER = Path(__file__).parent
STYLESHEET = (FOLDER / "static" / "portal.css").read_bytes()
# In its address, so that browsers may keep it for a year and never show an old one.
STYLESHEET_MARK = hashlib.sha256(STYLESHEET).hexdigest()[:12]
LANGUAGE_PARAMETER = "lang"

_templates = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
)
_templates.globals |= {"languages": LANGUAGES, "stylesheet": f"/static/portal.{STYLESHEET_MARK}.css"}


def api_of(request: Request) -> Api:
    """The public API."""
    api: Api = request.app.state.api
    return api


def language_for(request: Request, session: dict[str, Any]) -> Language:
    """The language that this visitor reads."""
    asked = request.query_params.get(LANGUAGE_PARAMETER)
    return language_of(asked, session.get("language"), request.headers.get("accept-language", ""))


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """The page in the visitor's language; a language asked for in the address is kept."""
    sessions: Sessions = request.app.state.sessions
    session = sessions.open(request)
    language = language_for(request, session)
    html = _templates.get_template(template).render(
        **values,
        language=language,
        t=language.say,
        here=request.url.path,
        switches={code: _address(request, code) for code in CODES if code != language.code},
    )
    answer = HTMLResponse(
        html, status, {"Content-Language": language.code, "Vary": "Accept-Language, Cookie"}
    )
    asked = request.query_params.get(LANGUAGE_PARAMETER)
    if asked in LANGUAGES and session.get("language") != asked:
        sessions.keep(answer, session | {"language": asked})
    return answer


def _address(request: Request, code: str) -> str:
    """This page in another language: its filters stay."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != LANGUAGE_PARAMETER]
    return f"{request.url.path}?{urlencode([*kept, (LANGUAGE_PARAMETER, code)])}"
