"""What becomes of every exception: a problem, and a log line when it was not expected."""

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from chassis.client import RpcFailed, RpcUnavailable
from chassis.log import failure, get_logger
from contracts.refusals import Refusal
from gateway.problems import Problem, problem_answer, refusal_answer

log = get_logger()

HTTP_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "body_too_large",
    415: "unsupported_media_type",
}


def register_error_handlers(app: Flask) -> None:
    """Everything that is raised anywhere leaves as a problem."""
    app.register_error_handler(Problem, problem_answer)
    app.register_error_handler(Refusal, refusal_answer)
    app.register_error_handler(RpcUnavailable, _unavailable)
    app.register_error_handler(HTTPException, http_exception)
    app.register_error_handler(Exception, _unexpected)


def http_exception(error: HTTPException) -> Response:
    """What Flask and Werkzeug refuse: unknown paths, methods, bodies that are too large …"""
    status = error.code or 500
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    return problem_answer(Problem(HTTP_CODES.get(status, _generic_code(status)), headers=headers))


def _generic_code(status: int) -> str:
    return "bad_request" if status < 500 else "internal_error"


def _unavailable(error: RpcUnavailable) -> Response:
    log.warning("service_unavailable", call=str(error))
    return refusal_answer(Refusal("try_again"))


def _unexpected(error: Exception) -> Response:
    if isinstance(error, RpcFailed):
        log.error("service_failed", call=str(error))
    else:
        log.error("request_failed", **failure(error))
    return problem_answer(Problem("internal_error"))
