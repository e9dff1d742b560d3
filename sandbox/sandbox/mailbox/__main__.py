"""Starts the mail server: `python -m sandbox.mailbox`, set up by MAILBOX_PORT and MAILBOX_FOLDER."""

import asyncio
import logging
from pathlib import Path

from aiosmtpd.smtp import SMTP

from sandbox.mailbox.receiving import Receiver
from sandbox.serving import begin, bind_host, read_settings

log = logging.getLogger("sandbox.mailbox")

message_bytes_max = 25_000_000


def main() -> None:
    """Receive mail until the process is ended."""
    settings = read_settings("MAILBOX_PORT", "MAILBOX_FOLDER")
    begin()
    asyncio.run(_serve(Path(settings["MAILBOX_FOLDER"]), int(settings["MAILBOX_PORT"])))


async def _serve(folder: Path, port: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    receiver = Receiver(folder)

    def greet() -> SMTP:
        return SMTP(
            receiver,
            hostname="boite-aux-lettres.example",
            ident="Mailbox",
            data_size_limit=message_bytes_max,
            enable_SMTPUTF8=True,
        )

    server = await asyncio.get_running_loop().create_server(greet, bind_host(), port)
    host, bound_port = server.sockets[0].getsockname()[:2]
    log.info("mailbox ready on smtp://%s:%d", host, bound_port)
    await server.serve_forever()


if __name__ == "__main__":
    main()
