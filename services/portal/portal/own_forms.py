"""Only our own pages may change anything: a form that another site sends is refused."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.pages import page

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class OwnFormsOnly:
    """Around the application, so that no form can be forgotten.

    Every browser since 2023 says in ``Sec-Fetch-Site`` (Fetch Metadata) whose page a request comes from, and
    neither a page nor a script can change it; an older one sends ``Origin`` (RFC 6454) with every POST. What
    has neither is no browser, and has no business with forms.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            request = Request(scope)
            if not is_ours(request):
                told = {"title": "foreign_form.title", "what": "foreign_form.what"}
                await page(request, "stopped.html", 403, **told)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def is_ours(request: Request) -> bool:
    """Whether a page of this site sent it."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.headers.get("host")
