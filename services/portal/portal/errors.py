"""What a visitor reads when a page cannot be made: what happened, and how to go on."""

from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from chassis.log import failure, get_logger
from portal.api.client import ApiProblem, GatewayAway
from portal.forms import FormUnreadable
from portal.pages import page
from portal.sign_in.going_on import to_sign_in
from portal.signed_in import SignInNeeded

RETRY_AFTER_S = 10

log = get_logger()


async def not_found(request: Request, error: Exception) -> Response:
    """There is no such page, or HTTP itself refuses."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    return page(request, "not_found.html", 404 if status == 404 else status)


async def gateway_away(request: Request, _error: Exception) -> Response:
    """The platform behind the pages does not answer."""
    answer = page(request, "away.html", 503)
    answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


async def refused(request: Request, error: Exception) -> Response:
    """The API's "no" that no page expected: its own sentence."""
    assert isinstance(error, ApiProblem)
    if error.status == 404:
        return await not_found(request, error)
    return page(request, "refused.html", error.status, message=error.message)


async def went_wrong(request: Request, error: Exception) -> Response:
    """A mistake of ours: noted by type and place, shown as a sentence."""
    log.error("page_failed", **failure(error))
    return page(request, "stopped.html", 500, title="wrong.title", what="wrong.what")


async def unreadable(request: Request, _error: Exception) -> Response:
    """What came is no form of ours."""
    return page(request, "stopped.html", 400, title="unreadable.title", what="unreadable.what")


HANDLERS: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    HTTPException: not_found,
    FormUnreadable: unreadable,
    SignInNeeded: to_sign_in,
    GatewayAway: gateway_away,
    ApiProblem: refused,
    Exception: went_wrong,
}
