"""What a process of clients is told."""

from chassis.settings import ServiceSettings


class ClientsSettings(ServiceSettings):
    """Clients needs nothing beyond what every service does: where sales is reached is part of that."""
