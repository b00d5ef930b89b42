"""An IMAP server that says what a test tells it to: one connection after another, each command as it comes."""

import re
import socket
import threading
from collections.abc import Callable, Mapping

from services.delivery.domain.destinations import Imap, Security, Trust
from services.delivery.domain.logins import Login

#: Answers a command from its tag and its line; None hangs up.
Reply = Callable[[str, str], bytes | None]

GREETING = b"* OK at your service\r\n"
_LITERAL = re.compile(r"\{(\d+)\}$")


def ok(*untagged: str, text: str = "done") -> Reply:
    """Says something, and that all is well."""
    return lambda tag, line: "".join(f"* {each}\r\n" for each in untagged).encode() + f"{tag} OK {text}\r\n".encode()


def no(text: str) -> Reply:
    """Refuses."""
    return lambda tag, line: f"{tag} NO {text}\r\n".encode()


def raw(answer: bytes) -> Reply:
    """Says just this."""
    return lambda tag, line: answer


def hang_up(tag: str, line: str) -> None:
    """Says nothing more."""


USUAL: Mapping[str, Reply] = {
    "CAPABILITY": ok("CAPABILITY IMAP4rev1 UIDPLUS MOVE"),
    "LOGIN": ok(),
    "LIST": ok('LIST () "/" INBOX'),
    "SELECT": ok("3 EXISTS", "OK [UIDVALIDITY 7] valid"),
    "NOOP": ok(),
    "APPEND": ok(text="[APPENDUID 7 42] stored"),
    "UID SEARCH": ok("SEARCH"),
    "UID STORE": ok(),
    "UID EXPUNGE": ok(),
    "CREATE": ok(),
    "SUBSCRIBE": ok(),
    "LOGOUT": ok("BYE so long"),
}


class ImapScript:
    """Listens on loopback. `replies` are by the command's first word, after UID its first two."""

    def __init__(
        self,
        replies: Mapping[str, Reply],
        *,
        greeting: bytes = GREETING,
        piece: int = 0,  #: bytes of an answer sent at once; 0: all
        asks_for_literals: bool = True,  #: False: what needs one is answered before it comes
        read_literals: bool = True,  #: False: the first of its bytes is answered, and then hung up
    ) -> None:
        self.commands: list[str] = []  #: without their tags
        self.literals: list[bytes] = []
        self._replies = {**USUAL, **replies}
        self._greeting = greeting
        self._piece = piece
        self._asks_for_literals = asks_for_literals
        self._read_literals = read_literals
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def method(self, folder: str = "", *, security: Security = Security.NONE) -> Imap:
        return Imap(
            host="127.0.0.1",
            port=self.port,
            user_name="boutique",
            security=security,
            trust=Trust(),
            folder=folder,
            login=Login(password="s3cret"),
        )

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed
            with connection, connection.makefile("rb") as lines:
                connection.settimeout(10)
                try:
                    self._say(connection, self._greeting)
                    for line in lines:
                        answer = self._answer(connection, lines.read, line.decode(errors="replace").rstrip("\r\n"))
                        if answer is None:
                            break
                        self._say(connection, answer)
                        if self.literals and not self._read_literals:
                            break
                except OSError:
                    continue  # the client has gone

    def _answer(self, connection: socket.socket, read: Callable[[int], bytes], line: str) -> bytes | None:
        tag, _, command = line.partition(" ")
        words = command.upper().split(" ")
        name = " ".join(words[:2]) if words[0] == "UID" else words[0]
        self.commands.append(command)
        reply = self._replies.get(name, no(f"{name} is not in the script"))
        match = _LITERAL.search(command)
        if match is not None and name == "APPEND" and self._asks_for_literals:
            connection.sendall(b"+ go on\r\n")
            size = int(match[1]) if self._read_literals else 1
            self.literals.append(read(size))
            if self._read_literals:
                read(2)
        return reply(tag, command)

    def _say(self, connection: socket.socket, answer: bytes) -> None:
        step = self._piece or max(len(answer), 1)
        for start in range(0, len(answer), step):
            connection.sendall(answer[start : start + step])


Scripts = Callable[..., ImapScript]  #: makes them
