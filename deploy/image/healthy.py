"""The image's health check: exit code 0 when this container's process answers on its internal port."""

import os
import sys
from http.client import HTTPConnection

timeout_s = 3

connection = HTTPConnection("127.0.0.1", int(os.environ["METRICS_PORT"]), timeout=timeout_s)
try:
    connection.request("GET", "/healthz")
    answered = connection.getresponse().status
except OSError as error:
    sys.exit(f"/healthz: {type(error).__name__}")
if answered != 200:
    sys.exit(f"/healthz answered {answered}")
