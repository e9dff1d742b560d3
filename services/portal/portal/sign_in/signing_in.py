"""A holder signs in with a code that is mailed, staff with a password."""

from starlette.requests import Request
from starlette.responses import Response

from portal import signed_in
from portal.api import sign_in
from portal.api.client import ApiProblem
from portal.forms import posted
from portal.pages import api_of, redirect
from portal.sign_in.going_on import go_on, sign_in_page


async def show_holder(request: Request) -> Response:
    """Where to mail the code."""
    return sign_in_page(request, "holder", {})


async def mail_code(request: Request) -> Response:
    """Have it mailed; the page is the same whether the address is known or not."""
    typed = await posted(request)
    try:
        await sign_in.request_code(api_of(request), typed.get("email", ""))
    except ApiProblem as problem:
        return sign_in_page(request, "holder", typed, problem.status, refused=problem)
    return sign_in_page(request, "holder", typed, step="code")


async def use_code(request: Request) -> Response:
    """Sign in with the code."""
    typed = await posted(request)
    try:
        answered = await sign_in.use_code(api_of(request), typed.get("email", ""), typed.get("code", ""))
    except ApiProblem as problem:
        return sign_in_page(request, "holder", typed, problem.status, step="code", refused=problem)
    return go_on(request, await signed_in.keep(request, answered), typed)


async def show_staff(request: Request) -> Response:
    """E-mail address and password."""
    return sign_in_page(request, "staff", {})


async def use_password(request: Request) -> Response:
    """Sign in; a one-time password asks for a new one."""
    typed = await posted(request)
    try:
        answered = await sign_in.use_password(
            api_of(request),
            typed.get("username", ""),
            typed.get("password", ""),
            typed.get("new_password", ""),
        )
    except ApiProblem as problem:
        return sign_in_page(request, "staff", typed, problem.status, refused=problem)
    return go_on(request, await signed_in.keep(request, answered), typed)


async def sign_out(request: Request) -> Response:
    """Forget who it was."""
    await signed_in.forget(request)
    return redirect(request, "/", "notice.signed_out")
