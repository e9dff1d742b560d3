"""Problem details (RFC 9457): what every refusal, bad request and failure looks like to the caller."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from contracts.refusals import SENTENCES, Refusal, Sentence, sentence
from gateway.rules import BrokenRule
from gateway.statuses import STATUSES

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 1
# Where a code is explained; relative, so that it holds wherever the gateway is reached.
TYPE = "/v1/docs#problem-{code}"

# What HTTP itself can refuse before any service is asked.
HTTP_SENTENCES: dict[str, tuple[int, Sentence]] = {
    "malformed_body": (
        400,
        Sentence("Malformed body", "La demande est illisible.", "The request cannot be read."),
    ),
    "bad_request": (
        400,
        Sentence("Bad request", "La demande est incorrecte.", "The request is not correct."),
    ),
    "method_not_allowed": (
        405,
        Sentence("Method not allowed", "Cette action n’existe pas ici.", "There is no such action here."),
    ),
    "not_acceptable": (
        406,
        Sentence("Not acceptable", "Ce format de réponse n’existe pas.", "There is no such form of answer."),
    ),
    "body_too_large": (
        413,
        Sentence("Body too large", "La demande est trop longue.", "The request is too long."),
    ),
    "address_too_long": (
        414,
        Sentence("Address too long", "L’adresse de la demande est trop longue.", "The address is too long."),
    ),
    "headers_too_large": (
        431,
        Sentence(
            "Headers too large",
            "Les en-têtes de la demande sont trop longs.",
            "The request’s headers are too long.",
        ),
    ),
    "unsupported_media_type": (
        415,
        Sentence(
            "Unsupported media type",
            "La demande doit être envoyée en JSON.",
            "The request must be sent as JSON.",
        ),
    ),
    "too_many_streams": (
        429,
        Sentence(
            "Too many streams",
            "Cette page est déjà ouverte trop souvent. Fermez-en une.",
            "This page is open too often already. Close one of them.",
        ),
    ),
    "streams_full": (
        503,
        Sentence(
            "Streams full",
            "Trop de pages suivent les passages en ce moment. Réessayez dans un instant.",
            "Too many pages follow visits at the moment. Try again in a moment.",
        ),
    ),
    "internal_error": (
        500,
        Sentence(
            "Internal error",
            "Une erreur est survenue de notre côté. Elle a été notée.",
            "Something went wrong on our side. It was noted.",
        ),
    ),
}


class Problem(Exception):
    """A request that the gateway refuses itself; ``detail`` is for developers, never input echoed."""

    def __init__(
        self,
        code: str,
        *,
        detail: str | None = None,
        errors: Sequence[BrokenRule] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code, self.detail, self.errors, self.headers = code, detail, errors, dict(headers or {})


def all_codes() -> dict[str, tuple[int, Sentence]]:
    """Every code that a caller can meet, with its status and sentences; for the documentation."""
    refusals = {code: (STATUSES[code], SENTENCES[code]) for code in SENTENCES}
    return {**HTTP_SENTENCES, **refusals}


def problem_answer(problem: Problem) -> Response:
    """The answer to a `Problem`."""
    body: dict[str, Any] = {}
    if problem.detail is not None:
        body["detail"] = problem.detail
    if problem.errors:
        body |= {"field": problem.errors[0]["field"], "errors": list(problem.errors)}
        return answer(problem.code, _rule_sentence(problem.code, problem.errors[0]), body, problem.headers)
    return answer(problem.code, _sentence(problem.code, {}), body, problem.headers)


def refusal_answer(refusal: Refusal) -> Response:
    """The answer to a service's "no"; its details stand beside the fixed members."""
    if refusal.code == "invalid_field" and refusal.field is not None:
        return problem_answer(Problem(refusal.code, errors=[_broken_rule(refusal.field, refusal.details)]))
    field = {} if refusal.field is None else {"field": refusal.field}
    said = _sentence(refusal.code, {"rule": "", **field, **refusal.details})
    return answer(refusal.code, said, {**refusal.details, **field}, {})


def answer(code: str, said: Sentence, more: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """A problem as an HTTP answer; the fixed members win over ``more``."""
    status = status_of(code)
    body = {
        "type": TYPE.format(code=code),
        "title": said.title,
        "status": status,
        "code": code,
        "message": {"fr": said.fr, "en": said.en},
    }
    body.update((key, value) for key, value in more.items() if key not in body)
    return Response(json.dumps(body), status, {**_headers_of(status, body), **headers}, MEDIA_TYPE)


def status_of(code: str) -> int:
    """The code's HTTP status."""
    return HTTP_SENTENCES[code][0] if code in HTTP_SENTENCES else STATUSES[code]


def _sentence(code: str, details: dict[str, Any]) -> Sentence:
    return HTTP_SENTENCES[code][1] if code in HTTP_SENTENCES else sentence(code, details)


def _broken_rule(field: str, details: Mapping[str, Any]) -> BrokenRule:
    """A field that only the service could judge looks like one that the gateway judged."""
    rule = str(details.get("rule", ""))
    return {"field": field, "rule": rule, "rule_fr": str(details.get("rule_fr", rule))}


def _rule_sentence(code: str, rule: BrokenRule) -> Sentence:
    if code in HTTP_SENTENCES:
        return HTTP_SENTENCES[code][1]
    fr = sentence(code, {"field": rule["field"], "rule": rule["rule_fr"]})
    en = sentence(code, {"field": rule["field"], "rule": rule["rule"]})
    return Sentence(en.title, fr.fr, en.en)


def _headers_of(status: int, body: Mapping[str, Any]) -> dict[str, str]:
    if status == 401:
        return {"WWW-Authenticate": 'Bearer realm="occygene"'}
    if status in (429, 503):
        return {"Retry-After": str(body.get("retry_after_s", RETRY_AFTER_S))}
    return {}
