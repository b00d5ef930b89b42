"""Postfix with nothing of the system's: its own configuration, queue and mailboxes, everything in one folder."""

import email
import email.policy
import os
import pwd
import smtplib
import subprocess
import time
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path

from chassis.embedded.server import HOST, free_ports
from tests.certificates import self_signed
from tests.servers.children import PATIENCE, ServerFolder, ServerProcess

PROGRAM = "/usr/sbin/postfix"
DOMAIN = "client.example"
MESSAGE_SIZE_LIMIT = 100_000  #: bytes of a message, its header and coding included
LOOK = 0.05  #: seconds between two looks

MAIN = """
compatibility_level = 3.6
myhostname = mx.{domain}
inet_interfaces = {host}
inet_protocols = ipv4
queue_directory = {here}/queue
data_directory = {here}/data
maillog_file = {here}/postfix.log
maillog_file_prefixes = {here}
message_size_limit = {limit}
mydestination =
mynetworks =
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = inline:{{ {mailboxes} }}
virtual_mailbox_base = {here}/mail
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_relay_restrictions = reject_unauth_destination
smtpd_tls_chain_files = {key}, {certificate}
smtpd_tls_security_level = may
smtpd_client_connection_rate_limit = 0
"""
MASTER = """
{smtp} inet n - n - - smtpd
{smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class PostfixServer:
    """Takes mail for the mailboxes it was given, and for nobody else. `start`, then `stop`. It needs root."""

    def __init__(self, *mailboxes: str) -> None:
        self._folder = ServerFolder("root")
        self.port, self.tls_port = free_ports(2)
        here = self._folder.path
        here.chmod(0o755)  # its daemons are other users
        nobody = pwd.getpwnam("nobody")
        self.authority, key = self_signed(here)
        for name in ("config", "queue", "data", "mail"):
            (here / name).mkdir()
        os.chown(here / "data", pwd.getpwnam("postfix").pw_uid, -1)
        os.chown(here / "mail", nobody.pw_uid, nobody.pw_gid)
        self._config = here / "config"
        (self._config / "main.cf").write_text(
            MAIN.format(
                domain=DOMAIN,
                host=HOST,
                here=here,
                limit=MESSAGE_SIZE_LIMIT,
                mailboxes=", ".join(f"{{ {name}@{DOMAIN} = {name}/ }}" for name in mailboxes),
                uid=nobody.pw_uid,
                gid=nobody.pw_gid,
                key=key,
                certificate=self.authority,
            )
        )
        (self._config / "master.cf").write_text(MASTER.format(smtp=self.port, smtps=self.tls_port))
        self._process: ServerProcess | None = None

    def start(self) -> None:
        """Returns once it answers."""
        self._process = ServerProcess([PROGRAM, "-c", str(self._config), "start-fg"], self._folder, {})
        self._process.wait_until(self._answers)

    def stop(self) -> None:
        """Ends all of it: its master leads a session of its own, which only its own command ends."""
        if self._process is not None:
            subprocess.run([PROGRAM, "-c", str(self._config), "stop"], check=True, capture_output=True)
            self._process.stop()
        self._folder.remove()

    def mailbox(self, name: str, messages: int) -> list[EmailMessage]:
        """What lies in a mailbox, once it is so many messages at least."""
        folder, end = self._folder.path / "mail" / name / "new", time.monotonic() + PATIENCE
        while len(found := self._files(folder)) < messages:
            assert time.monotonic() < end, f"{name} has {len(found)} messages; {self.log()}"
            time.sleep(LOOK)
        return [email.message_from_bytes(content, policy=email.policy.default) for content in found.values()]

    def wait_for_log(self, text: str) -> None:
        """Returns once its log has the text."""
        end = time.monotonic() + PATIENCE
        while text not in self.log():
            assert time.monotonic() < end, self.log()
            time.sleep(LOOK)

    def log(self) -> str:
        """What it says of what it did."""
        return (self._folder.path / "postfix.log").read_text(errors="replace")

    def _files(self, folder: Path) -> Mapping[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(folder.glob("*"))}

    def _answers(self) -> bool:
        try:
            with smtplib.SMTP(HOST, self.port, timeout=5):
                return True
        except OSError:
            return False
