"""One SMTP conversation: keep the message, or misbehave as the fault file asks."""

import asyncio
import logging
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.mailbox.faults import DROP_AFTER_DATA, DROP_BEFORE_DATA, next_fault, take_fault
from sandbox.mailbox.keeping import keep_message

log = logging.getLogger("sandbox.mailbox")

# Replies about the address itself come when the address is named; all others when the message is there.
recipient_reply_codes = ("550", "551", "553")
dropped_wait_s = 60


class Receiver:
    """What aiosmtpd calls for each recipient and each message."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        """Accept every address, unless the next fault is about the address."""
        fault = next_fault(self._folder) or ""
        if fault == DROP_BEFORE_DATA:
            take_fault(self._folder)
            await _hang_up(server)
        if fault.startswith(recipient_reply_codes):
            take_fault(self._folder)
            return fault
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the message for each recipient, then say so; a temporary or final refusal keeps nothing."""
        fault = take_fault(self._folder)
        if fault and fault != DROP_AFTER_DATA:
            log.info("message refused: %s", fault)
            return fault
        content = envelope.original_content or b""
        for recipient in dict.fromkeys(envelope.rcpt_tos):
            kept = keep_message(self._folder, recipient, envelope.mail_from or "", content)
            log.info("message kept: %s", kept.name)
        if fault == DROP_AFTER_DATA:
            # The sender cannot know that the message was kept: the case in which mail arrives twice.
            await _hang_up(server)
        return "250 OK"


async def _hang_up(server: SMTP) -> None:
    transport = server.transport
    assert isinstance(transport, asyncio.Transport)
    transport.abort()
    # aiosmtpd cancels this conversation once the connection is gone; until then nothing more may be said.
    await asyncio.sleep(dropped_wait_s)
