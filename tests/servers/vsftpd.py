"""vsftpd as Debian has it, at its strictest: TLS or nothing, the session again for data, good-byes before ends.

Its anonymous user stands for any: it has a password here, writes into a folder of the test, and nothing of the
system is changed.
"""

import os
import pwd
import socket
from collections.abc import Mapping

from chassis.embedded.server import HOST, free_ports
from services.delivery.domain.destinations import Ftp, Security, Trust
from services.delivery.domain.logins import Login
from tests.certificates import Authority
from tests.servers.children import ServerFolder, ServerProcess

PROGRAM = "/usr/sbin/vsftpd"
USER, PASSWORD = "anonymous", "s3cret"
INBOX = "in"  #: the folder of its world that may be written to
WRITER = "ftp"  #: the system's user that files belong to; the package brings it

#: It has no setting for the versions of TLS; what it stands on has.
OPENSSL = "openssl_conf=all\n[all]\nssl_conf=ssl\n[ssl]\nsystem_default=tls\n[tls]\nMaxProtocol={}\n"

STRICT = {
    "listen": "YES",
    "background": "NO",
    "anonymous_enable": "YES",
    "secure_email_list_enable": "YES",  # the anonymous user's password must be one of a file
    "local_enable": "NO",
    "write_enable": "YES",
    "anon_upload_enable": "YES",
    "anon_mkdir_write_enable": "YES",
    "anon_other_write_enable": "YES",
    "anon_world_readable_only": "NO",
    "listen_address": HOST,
    "ssl_enable": "YES",
    "allow_anon_ssl": "YES",
    "force_anon_logins_ssl": "YES",
    "force_anon_data_ssl": "YES",
    "require_ssl_reuse": "YES",
    "strict_ssl_read_eof": "YES",
    "strict_ssl_write_shutdown": "YES",
    "ssl_ciphers": "HIGH",
    "utf8_filesystem": "YES",
    "max_login_fails": "1",
    "delay_failed_login": "0",
}


class VsftpdServer:
    """One server, with the folder that is its whole world. `start`, then `stop`."""

    def __init__(self, *, most_tls: str = "TLSv1.3", **more: str) -> None:
        self._folder = ServerFolder("root")
        here = self._folder.path
        here.chmod(0o711)
        world = here / "world"  # it lets nobody write into what it has made its user's root
        self.root = world / INBOX
        self.root.mkdir(parents=True)
        (here / "empty").mkdir()
        (here / "passwords").write_text(f"{PASSWORD}\n")
        (self.port,) = free_ports(1)
        self.authority = Authority(here)
        certificate, key = self.authority.certificate_for()
        settings: Mapping[str, str] = {
            **STRICT,
            "listen_port": str(self.port),
            "anon_root": str(world),
            "secure_chroot_dir": str(here / "empty"),
            "email_password_file": str(here / "passwords"),
            "rsa_cert_file": str(certificate),
            "rsa_private_key_file": str(key),
            "vsftpd_log_file": str(here / "vsftpd.log"),
            **more,
        }
        if os.geteuid() == 0:
            entry = pwd.getpwnam(WRITER)
            os.chown(self.root, entry.pw_uid, entry.pw_gid)
            settings = {"ftp_username": WRITER, **settings}
        else:
            settings = {"run_as_launching_user": "YES", **settings}
        self._configuration = here / "vsftpd.conf"
        self._configuration.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        (here / "openssl.cnf").write_text(OPENSSL.format(most_tls))
        self._process: ServerProcess | None = None
        self._implicit = settings.get("implicit_ssl") == "YES"

    def start(self) -> None:
        """Starts it, and returns once it listens."""
        environment = {"OPENSSL_CONF": str(self._folder.path / "openssl.cnf")}
        self._process = ServerProcess([PROGRAM, str(self._configuration)], self._folder, environment)
        self._process.wait_until(self._listens)

    def stop(self) -> None:
        """Ends it."""
        if self._process is not None:
            self._process.stop()
        self._folder.remove()

    def method(
        self, *, folder: str = INBOX, password: str = PASSWORD, trust: Trust | None = None, active: bool = False
    ) -> Ftp:
        """A destination in it."""
        return Ftp(
            host=HOST,
            port=self.port,
            user_name=USER,
            security=Security.IMPLICIT if self._implicit else Security.EXPLICIT,
            trust=trust or Trust(certificate=self.authority.pem),
            active=active,
            folder=folder,
            login=Login(password=password),
        )

    def files(self) -> Mapping[str, bytes]:
        """What lies in its folder, as the system sees it."""
        found = (path for path in sorted(self.root.rglob("*")) if path.is_file())
        return {str(path.relative_to(self.root)): path.read_bytes() for path in found}

    def _listens(self) -> bool:
        try:
            with socket.create_connection((HOST, self.port), 1):
                return True
        except OSError:
            return False
