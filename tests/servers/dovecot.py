"""Dovecot with nothing of the system's: one account, its mail in a folder of its own, on loopback."""

import imaplib
import re
import secrets
import shutil
import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from chassis.embedded.server import HOST, free_ports
from services.delivery.domain.destinations import Imap, Security, Trust
from services.delivery.domain.logins import Login
from tests.certificates import Authority
from tests.servers.children import ServerFolder, ServerProcess

PROGRAM = "/usr/sbin/dovecot"
USER = "boutique@example.org"


class Dovecot:
    """One server. `start`, then `stop`."""

    def __init__(self, *, separator: str, prefix: str = "", quota: str = "") -> None:
        self._folder = ServerFolder("dovecot")
        self._prefix = prefix
        self.port, self.tls_port = free_ports(2)
        self.password = f'é"\\ {secrets.token_hex(12)}'
        here = self._folder.path
        self.mail = here / "mail"
        authority = Authority(here)
        self.authority = authority.pem
        chain, key = authority.certificate_for()
        (here / "users").write_text(f"{USER}:{{PLAIN}}{self.password}\n")
        user = self._folder.user or "root"
        quota_lines = f"""
            mail_plugins = quota
            protocol imap {{
              mail_plugins = quota imap_quota
            }}
            plugin {{
              quota = maildir:all
              quota_rule = *:{quota}
            }}
        """
        (here / "dovecot.conf").write_text(f"""
            base_dir = {here}/run
            state_dir = {here}/state
            log_path = /dev/stderr
            listen = {HOST}
            protocols = imap
            default_internal_user = {user}
            default_internal_group = {user}
            default_login_user = {user}
            first_valid_uid = 1
            disable_plaintext_auth = no
            auth_username_format = %Lu
            ssl = yes
            ssl_cert = <{chain}
            ssl_key = <{key}
            mail_location = maildir:{self.mail}
            passdb {{
              driver = passwd-file
              args = scheme=PLAIN {here}/users
            }}
            userdb {{
              driver = static
              args = uid={user} gid={user} home={here}
            }}
            namespace inbox {{
              inbox = yes
              separator = {separator}
              prefix = {prefix}
            }}
            service imap-login {{
              chroot =
              inet_listener imap {{
                port = {self.port}
              }}
              inet_listener imaps {{
                port = {self.tls_port}
                ssl = yes
              }}
            }}
            service anvil {{
              chroot =
              unix_listener anvil-auth-penalty {{
                mode = 0
              }}
            }}
            auth_failure_delay = 0 secs
            {quota_lines if quota else ""}
        """)
        self._process: ServerProcess | None = None

    def start(self) -> None:
        """Returns once it serves."""
        command = [PROGRAM, "-F", "-c", str(self._folder.path / "dovecot.conf")]
        self._process = ServerProcess(command, self._folder, {})
        self._process.wait_until(self._serves)

    def stop(self) -> None:
        """Ends all of it."""
        if self._process is not None:
            self._process.stop()
        self._folder.remove()

    def method(self, folder: str = "", *, security: Security = Security.IMPLICIT, trust: Trust | None = None) -> Imap:
        return Imap(
            host=HOST,
            port=self.tls_port if security is Security.IMPLICIT else self.port,
            user_name=USER,
            security=security,
            trust=trust or Trust(certificate=self.authority),
            folder=folder,
            login=Login(password=self.password),
        )

    def paths(self, folder: str = "") -> list[Path]:
        """The messages on the disk in a folder, as Maildir++ names it; in the order of their arrival."""
        place = self.mail / folder
        return sorted([*place.glob("new/*"), *place.glob("cur/*")], key=lambda path: path.name)

    def messages(self, folder: str = "") -> list[EmailMessage]:
        """The same, read."""
        return [_read(path.read_bytes()) for path in self.paths(folder)]

    def put(self, message: bytes, folder: str = "", *, flags: str = "") -> None:
        """Lays a message down as a delivering program does."""
        path = self.mail / folder / "cur" / f"{time.time():.6f}.{secrets.token_hex(4)}.host:2,{flags}"
        path.write_bytes(message)
        if self._folder.user is not None:
            shutil.chown(path, self._folder.user, self._folder.user)

    def clear(self) -> None:
        """Takes away all that it holds."""
        for path in self.mail.iterdir() if self.mail.exists() else ():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def clear_messages(self, folder: str = "") -> None:
        """Takes away the messages of a folder."""
        for path in self.paths(folder):
            path.unlink()

    def remake(self, folder: str) -> None:
        """Another client deletes a folder and makes it again."""
        with imaplib.IMAP4(HOST, self.port, timeout=5) as client:
            client.authenticate("PLAIN", lambda _: f"\0{USER}\0{self.password}".encode())
            assert client.delete(f"{self._prefix}{folder}")[0] == "OK"
            assert client.create(f"{self._prefix}{folder}")[0] == "OK"

    def is_subscribed(self, folder: str) -> bool:
        """Whether programs show it."""
        names = re.split("[\t\n]", (self.mail / "subscriptions").read_text())
        return folder.rpartition(".")[2] in [name.rpartition(".")[2].rpartition("/")[2] for name in names]

    def last_login_was_under_tls(self) -> bool:
        logins = [line for line in self.log().splitlines() if " Login: " in line]
        return ", TLS," in logins[-1]

    def kill(self) -> None:
        """Ends it as a crash would."""
        assert self._process is not None
        self._process.kill()

    def folders(self) -> set[str]:
        """The folders on the disk."""
        return {path.name for path in self.mail.iterdir() if path.is_dir() and path.name.startswith(".")}

    def log(self) -> str:
        assert self._process is not None
        return self._process.log.read_text(errors="replace")

    def _serves(self) -> bool:
        try:
            with imaplib.IMAP4(HOST, self.port, timeout=5) as client:
                return bool(client.capabilities)
        except (OSError, imaplib.IMAP4.error):
            return False


def _read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message
