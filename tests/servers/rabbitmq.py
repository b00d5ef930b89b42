"""RabbitMQ with nothing of the system's: its own node, its own epmd, no plugins, everything in one folder."""

import secrets
import shutil
import signal

import pika
from pika.exceptions import AMQPError

from chassis.embedded.server import HOST, free_ports
from tests.certificates import self_signed
from tests.servers.children import ServerFolder, ServerProcess

#: The program itself; the one on the PATH insists on the system's folders.
PROGRAM = "/usr/lib/rabbitmq/bin/rabbitmq-server"


class RabbitServer:
    """One node, on the same ports for as long as it lives. `start`, then `stop`."""

    def __init__(self) -> None:
        self._folder = ServerFolder("rabbitmq")
        self._port, self._tls_port, epmd, distribution = free_ports(4)
        self._password = secrets.token_hex(12)
        here = self._folder.path
        self._epmd_environment = {"ERL_EPMD_PORT": str(epmd), "ERL_EPMD_ADDRESS": HOST}
        self._environment = {
            **self._epmd_environment,
            "HOME": str(here),  # of the cookie
            "RABBITMQ_NODENAME": f"backroom-{secrets.token_hex(4)}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": HOST,
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_MNESIA_BASE": str(here / "data"),
            "RABBITMQ_LOG_BASE": str(here / "log"),
            "RABBITMQ_PID_FILE": str(here / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(here / "enabled_plugins"),
            "RABBITMQ_CONFIG_FILE": str(here / "rabbitmq"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false",
        }
        (here / "enabled_plugins").write_text("[].\n")
        self.authority, key = self_signed(here)
        (here / "rabbitmq.conf").write_text(
            f"default_user = backroom\ndefault_pass = {self._password}\nlisteners.ssl.1 = {HOST}:{self._tls_port}\n"
            f"ssl_options.certfile = {self.authority}\nssl_options.keyfile = {key}\n"
        )
        self._epmd: ServerProcess | None = None
        self._node: ServerProcess | None = None

    @property
    def url(self) -> str:
        """The address; it holds the password."""
        return f"amqp://backroom:{self._password}@{HOST}:{self._port}/%2F"

    @property
    def tls_url(self) -> str:
        """The same, over TLS with a certificate that is its own authority."""
        return f"amqps://backroom:{self._password}@{HOST}:{self._tls_port}/%2F"

    def start(self) -> None:
        """Starts it, again after a kill, and returns once it serves."""
        if self._epmd is None:
            self._epmd = ServerProcess(["/usr/bin/epmd", "-address", HOST], self._folder, self._epmd_environment)
        self._node = ServerProcess([PROGRAM], self._folder, self._environment)
        self._node.wait_until(self._serves)

    def kill(self) -> None:
        """Ends it as a crash would."""
        assert self._node is not None
        self._node.kill()

    def forget(self) -> None:
        """Loses all that it kept: what a node on a new disk would know. It does not run."""
        shutil.rmtree(self._folder.path / "data")

    def freeze(self) -> None:
        """Its connections stay and nobody answers on them."""
        assert self._node is not None
        self._node.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        assert self._node is not None
        self._node.send(signal.SIGCONT)

    def stop(self) -> None:
        """Ends all of it."""
        for process in (self._node, self._epmd):
            if process is not None:
                process.stop()
        self._folder.remove()

    def _serves(self) -> bool:
        try:
            with pika.BlockingConnection(pika.URLParameters(self.url)):
                return True
        except AMQPError:
            return False
