"""What becomes of every exception: a problem, and a log line when it was not expected."""

from starlette.responses import Response

from chassis.calls.client import RpcFailed, RpcUnavailable
from chassis.log import failure, get_logger
from contracts.refusals import Refusal
from gateway.problems import Problem, problem_answer, refusal_answer

log = get_logger()


def answer_to(error: Exception) -> Response:
    """Whatever is raised anywhere leaves as a problem."""
    match error:
        case Problem():
            return problem_answer(error)
        case Refusal():
            return refusal_answer(error)
        case RpcUnavailable():
            log.warning("service_unavailable", call=str(error))
            return refusal_answer(Refusal("try_again"))
        case RpcFailed():
            log.error("service_failed", call=str(error))
        case _:
            log.error("request_failed", **failure(error))
    return problem_answer(Problem("internal_error"))
