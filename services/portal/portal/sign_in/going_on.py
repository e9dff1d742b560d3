"""Where somebody goes on who has signed in: the page they came from, with what they had typed."""

from starlette.requests import Request
from starlette.responses import Response

from portal.forms import Typed
from portal.pages import HOMES, page, redirect
from portal.session import Sessions
from portal.signed_in import Person, SignInNeeded

DRAFT_FIELD = "draft"
SIGN_IN_PAGES = {"holder": "/connexion", "staff": "/connexion/equipe"}


async def to_sign_in(request: Request, error: Exception) -> Response:
    """A page needs somebody who has signed in. What was typed when the session ended is sealed into the page
    that follows, so that nothing is lost."""
    assert isinstance(error, SignInNeeded)
    address = SIGN_IN_PAGES[error.way]
    typed = getattr(request.state, "typed", None)
    if typed is None:
        request.session["next"] = local(request.url.path)
        return redirect(request, address)
    draft = sessions_of(request).seal({"path": request.url.path, "typed": typed})
    return sign_in_page(request, error.way, {DRAFT_FIELD: draft}, 401)


def sign_in_page(
    request: Request,
    way: str,
    typed: Typed,
    status: int = 200,
    *,
    step: str | None = None,
    refused: object = None,
) -> Response:
    """The page of this way to sign in; hidden fields carry on where to go afterwards."""
    return page(
        request,
        f"sign_in/{step or way}.html",
        status,
        typed=typed,
        refused=refused,
        kept={DRAFT_FIELD: typed[DRAFT_FIELD]} if typed.get(DRAFT_FIELD) else {},
    )


def go_on(request: Request, person: Person, typed: Typed) -> Response:
    """To the page that they came from, else to their own."""
    draft = sessions_of(request).open(typed.get(DRAFT_FIELD, ""))
    if draft:
        return page(request, "sign_in/resume.html", path=draft["path"], kept=draft["typed"])
    return redirect(request, request.session.pop("next", None) or home_of(person))


def home_of(person: Person) -> str:
    """The first page of whoever has signed in."""
    return HOMES[person.role or person.kind]


def local(path: str) -> str:
    """A page of ours: nothing that a browser reads as another site's address."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"


def sessions_of(request: Request) -> Sessions:
    """What seals and opens."""
    sessions: Sessions = request.app.state.sessions
    return sessions
