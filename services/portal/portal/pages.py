"""A page: a template, the visitor's language, and what the browser is told of it."""

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from portal.api.client import Api
from portal.forms import new_key
from portal.languages import CODES, LANGUAGES, Language, language_of

FOLDER = Path(__file__).parent
STATIC = {path.name: path.read_bytes() for path in sorted((FOLDER / "static").iterdir())}
LANGUAGE_PARAMETER = "lang"
SEE_OTHER = 303
# The first page of whoever has signed in, by role; holders have none.
HOMES = {
    "holder": "/mon-espace",
    "officer": "/agent",
    "office_officer": "/agent",
    "provider_manager": "/prestataire",
    "provider_desk": "/prestataire",
}


def _static_address(name: str) -> str:
    """Its mark changes with the file, so that browsers may keep it."""
    stem, _, kind = name.rpartition(".")
    return f"/static/{stem}.{hashlib.sha256(STATIC[name]).hexdigest()[:12]}.{kind}"


# Of each file of `static/`, once for the process and not for each page.
STATIC_ADDRESSES = {name: _static_address(name) for name in STATIC}
STATIC_FILES = {address: name for name, address in STATIC_ADDRESSES.items()}

_templates = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
)
_templates.globals |= {
    "languages": LANGUAGES,
    "static": STATIC_ADDRESSES,
    "new_key": new_key,
    "homes": HOMES,
}


def api_of(request: Request) -> Api:
    """The public API."""
    api: Api = request.app.state.api
    return api


def language_for(request: Request) -> Language:
    """The language that this visitor reads."""
    asked = request.query_params.get(LANGUAGE_PARAMETER)
    return language_of(asked, request.session.get("language"), request.headers.get("accept-language", ""))


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """The page in the visitor's language; a language asked for in the address is kept."""
    session, asked = request.session, request.query_params.get(LANGUAGE_PARAMETER)
    language = language_for(request)
    if asked in LANGUAGES and session.get("language") != asked:
        session["language"] = asked
    html = _templates.get_template(template).render(
        **values,
        language=language,
        t=language.say,
        here=request.url.path,
        signed_in=session.get("person"),
        notice=session.pop("notice", None),
        switches={code: _address(request, code) for code in CODES if code != language.code},
    )
    return HTMLResponse(html, status, {"Content-Language": language.code, "Vary": "Accept-Language, Cookie"})


def redirect(request: Request, path: str, notice: str | None = None) -> RedirectResponse:
    """After a form: to a page of ours, which says once by the sentence of this name what was done."""
    if notice:
        request.session["notice"] = notice
    return RedirectResponse(path, SEE_OTHER)


def _address(request: Request, code: str) -> str:
    """This page in another language: its filters stay."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != LANGUAGE_PARAMETER]
    return f"{request.url.path}?{urlencode([*kept, (LANGUAGE_PARAMETER, code)])}"
