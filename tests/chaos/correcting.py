"""Mistyped addresses: a partner has another one confirmed for an order, by the code that is mailed to it."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.reading import read_mails
from tests.chaos.phone import Phone

_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


@dataclass
class Corrections:
    """``asked`` are new addresses by order, which wait for their codes in ``mails``."""

    phone: Phone
    mails: Path
    asked: dict[str, str] = field(default_factory=dict)

    def ask(self, order_id: str, email: str) -> None:
        """Name another address for an order."""
        path = f"/v1/orders/{order_id}/email-changes"
        if self.phone.ask("correct", path, {"email": email}, f"correct-{order_id}").status == 202:
            self.asked[order_id] = email

    def confirm(self) -> None:
        """Send back every code that has arrived."""
        for order_id, email in list(self.asked.items()):
            if code := self._mailed(email):
                path = f"/v1/orders/{order_id}/email-changes/confirm"
                self.phone.ask("confirm", path, {"code": code}, f"confirm-{order_id}")
                del self.asked[order_id]

    def _mailed(self, email: str) -> str | None:
        found = (_CODE.search(mail.text) for mail in read_mails(self.mails, email))
        return next((code.group() for code in found if code), None)
