"""A conversation with a mail server that counts who comes, and hangs up when it likes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from email.message import EmailMessage
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest

from notify.smtp import Conversation, NotNow, SmtpServer

MAILS = 3


class Server(ThreadingTCPServer):
    """Takes mails; `patience` is how many in one connection before it hangs up without a word."""

    daemon_threads = True
    patience = 100

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.connections = self.taken = 0

    @property
    def address(self) -> SmtpServer:
        return SmtpServer(host="127.0.0.1", port=self.server_address[1], encrypted=False)


class Handler(StreamRequestHandler):
    """One connection."""

    server: Server

    def handle(self) -> None:
        self.server.connections += 1
        self.say(b"220 hello")
        left = self.server.patience
        while left and (line := self.rfile.readline().upper()):
            if line.startswith(b"DATA"):
                self.say(b"354 go on")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                self.server.taken += 1
                left -= 1
            self.say(b"221 bye" if line.startswith(b"QUIT") else b"250 ok")

    def say(self, reply: bytes) -> None:
        self.wfile.write(reply + b"\r\n")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def send_some(server: Server) -> Callable[[], None]:
    """Sends MAILS mails in one conversation."""

    def send() -> None:
        with closing(Conversation(server.address, "cartes.example")) as talk:
            for number in range(MAILS):
                talk.deliver(mail_to(f"person{number}@example.org"))

    return send


def mail_to(address: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = "nobody@cartes.example", address
    mail.set_content("Bonjour")
    return mail


def test_mails_in_a_row_share_a_connection(server: Server, send_some: Callable[[], None]) -> None:
    send_some()
    assert (server.taken, server.connections) == (MAILS, 1)


def test_a_server_that_hung_up_between_two_mails_costs_neither_an_attempt(
    server: Server, send_some: Callable[[], None]
) -> None:
    server.patience = 1
    send_some()
    assert (server.taken, server.connections) == (MAILS, MAILS)


def test_after_trouble_the_next_mail_opens_a_new_connection(server: Server) -> None:
    server.patience = 0
    with closing(Conversation(server.address, "cartes.example")) as talk:
        with pytest.raises(NotNow):
            talk.deliver(mail_to("first@example.org"))
        server.patience = 1
        talk.deliver(mail_to("second@example.org"))
    assert (server.taken, server.connections) == (1, 2)
