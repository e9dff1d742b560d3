"""The stream that a card's page follows, so that a visit is seen as soon as it was scanned."""

from starlette.requests import Request
from starlette.responses import Response

from portal.api.me import VISIT_STREAM
from portal.signed_in import SignInNeeded, holder
from portal.streams import pass_on


async def follow(request: Request) -> Response:
    """What becomes of the holder's visits."""
    try:
        person = await holder(request)
    except SignInNeeded:
        # A script asks: the sign-in page would tell it nothing, nor is this a page to come back to.
        return Response(status_code=401)
    return await pass_on(request, VISIT_STREAM, person.token)
