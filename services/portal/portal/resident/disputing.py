"""That wasn't me: a holder says so of a visit."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from portal.api import me
from portal.api.client import ApiProblem
from portal.forms import Typed, key_of, posted
from portal.pages import api_of, page, redirect
from portal.resident.naming import with_places
from portal.signed_in import Person, holder


async def ask(request: Request) -> Response:
    """Which visit, and what follows."""
    return await _form(request, await holder(request), {})


async def dispute(request: Request) -> Response:
    """Say it; said again, it is the same dispute."""
    typed = await posted(request)
    person = await holder(request)
    visit_id = request.path_params["visit_id"]
    try:
        await me.dispute_visit(api_of(request), person.token, key_of(typed), visit_id, typed.get("note", ""))
    except ApiProblem as problem:
        if problem.status == 404:
            raise
        return await _form(request, person, typed, problem)
    return redirect(request, "/mon-espace", "resident.disputed")


async def _form(
    request: Request, person: Person, typed: Typed, refused: ApiProblem | None = None
) -> Response:
    api = api_of(request)
    visit = await me.find_visit(api, person.token, request.path_params["visit_id"])
    if visit is None:
        raise HTTPException(404)
    (placed,) = await with_places(api, [visit])
    status = refused.status if refused else 200
    return page(request, "resident/dispute.html", status, visit=placed, typed=typed, refused=refused)
