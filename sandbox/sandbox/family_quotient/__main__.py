"""Starts the family quotient API: `python -m sandbox.family_quotient`.

Set up by FAMILY_QUOTIENT_PORT and FAMILY_QUOTIENT_API_TOKEN.
"""

from sandbox.family_quotient.app import create_app
from sandbox.serving import begin, read_settings, serve_http


def main() -> None:
    """Serve the API until the process is ended."""
    settings = read_settings("FAMILY_QUOTIENT_PORT", "FAMILY_QUOTIENT_API_TOKEN")
    begin()
    app = create_app(token=settings["FAMILY_QUOTIENT_API_TOKEN"])
    serve_http("family_quotient", app, int(settings["FAMILY_QUOTIENT_PORT"]))


if __name__ == "__main__":
    main()
