"""The API's HTTP face: the one call of API Particulier that we use, and the handles that tests pull."""

import hmac
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from sandbox import clock
from sandbox.family_quotient import answers
from sandbox.family_quotient.calls import CallLimit, CallRecord, calls_per_s_max
from sandbox.family_quotient.families import Family, read_families
from sandbox.family_quotient.faults import Fault, FaultQueue, read_faults
from sandbox.family_quotient.matching import find_family
from sandbox.family_quotient.parameters import find_parameter_errors, read_asked_identity
from sandbox.serving import drop_connection

retry_after_s = 1


def create_app(*, token: str) -> Flask:
    """The API as a WSGI app over the families of the data file."""
    app = Flask(__name__)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    faults, record = FaultQueue(), CallRecord()
    _add_identity_call(app, token, faults, record)
    _add_handles(app, faults, record)
    app.add_url_rule("/healthz", "healthz", lambda: jsonify(status="ok"))

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> Response:
        return _json(answers.other_error_answer(error.code or 500), error.code or 500)

    return app


def _add_identity_call(app: Flask, token: str, faults: FaultQueue, record: CallRecord) -> None:
    families, limit = read_families(), CallLimit()

    @app.get("/v3/dss/quotient_familial/identite")
    def read_quotient() -> Response:
        fault = faults.take()
        time.sleep(fault.delay_s)
        if fault.drop:
            drop_connection(request.environ)
            record.add(datetime.now(UTC), "dropped")
            return Response(status=500)
        response = _faulty_answer(fault) or _answer(token, limit, families)
        response.headers["RateLimit-Limit"] = str(calls_per_s_max)
        record.add(datetime.now(UTC), response.status_code)
        return response


def _add_handles(app: Flask, faults: FaultQueue, record: CallRecord) -> None:
    @app.put("/_faults")
    def put_faults() -> Response:
        try:
            faults.replace(read_faults(request.get_json()))
        except ValueError as error:
            return _json({"errors": [{"detail": str(error)}]}, 422)
        return Response(status=204)

    @app.get("/_calls")
    def read_calls() -> Response:
        return jsonify(record.view())


def _faulty_answer(fault: Fault) -> Response | None:
    if fault.body is not None:
        return Response(fault.body, fault.status or 200, mimetype="application/json")
    if fault.status is None:
        return None
    known = {
        404: answers.not_found_answer,
        429: answers.too_many_answer,
        502: answers.provider_failed_answer,
        401: answers.unauthorized_answer,
    }
    build = known.get(fault.status)
    response = _json(build() if build else answers.other_error_answer(fault.status), fault.status)
    if fault.retry_after_s is not None:
        response.headers["Retry-After"] = str(fault.retry_after_s)
    return response


def _answer(token: str, limit: CallLimit, families: Iterable[Family]) -> Response:
    given = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(given, f"Bearer {token}".encode()):
        return _json(answers.unauthorized_answer(), 401)
    if not limit.admit():
        response = _json(answers.too_many_answer(), 429)
        response.headers["Retry-After"] = str(retry_after_s)
        return response
    if errors := find_parameter_errors(request.args):
        return _json(answers.wrong_parameters_answer(errors), 422)
    asked = read_asked_identity(request.args)
    family = find_family(families, asked)
    if family is None:
        return _json(answers.not_found_answer(), 404)
    return _json(answers.family_answer(family, asked, clock.now()), 200)


def _json(payload: answers.Payload, status: int) -> Response:
    response = jsonify(payload)
    response.status_code = status
    return response
