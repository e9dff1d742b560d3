"""Starts the bank: `python -m sandbox.bank`, set up by BANK_PORT, BANK_API_KEY and BANK_NOTIFICATION_SECRET.

Optional: BANK_PUBLIC_URL (how the payer's browser reaches the bank, when that differs from how the merchant
does), BANK_MERCHANT_URL (how the bank reaches the merchant, when that differs from how the browser does) and
BANK_RETRY_DELAY_S (seconds before an unanswered notification is repeated; doubles each time).
"""

import os

from sandbox.bank.app import create_app
from sandbox.bank.notifying import Notifier, retry_delay_s
from sandbox.serving import begin, read_settings, serve_http


def main() -> None:
    """Serve the bank until the process is ended."""
    settings = read_settings("BANK_PORT", "BANK_API_KEY", "BANK_NOTIFICATION_SECRET")
    begin()
    notifier = Notifier(
        secret=settings["BANK_NOTIFICATION_SECRET"],
        first_retry_delay_s=float(os.environ.get("BANK_RETRY_DELAY_S", retry_delay_s)),
        merchant_url=os.environ.get("BANK_MERCHANT_URL"),
    )
    app = create_app(
        api_key=settings["BANK_API_KEY"], notifier=notifier, public_url=os.environ.get("BANK_PUBLIC_URL")
    )
    serve_http("bank", app, int(settings["BANK_PORT"]))


if __name__ == "__main__":
    main()
