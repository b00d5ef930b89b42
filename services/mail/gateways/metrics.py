"""What operators watch of the outbox."""

from collections.abc import Mapping

from prometheus_client import Counter, Gauge

from services.mail.domain.states import MailState

MESSAGES = Counter("backroom_mail_messages_total", "Mails that came into a state.", ["state"])
OUTBOX = Gauge("backroom_mail_outbox", "Mails in a state that is not the end of all care.", ["state"])
LEGACY = Gauge("backroom_mail_legacy_server", "1 where mails go by the legacy settings, else 0.")


class PrometheusMeter:
    """Counts on the process's registry."""

    def moved(self, state: MailState, mails: int = 1) -> None:
        """So many mails came into a state."""
        MESSAGES.labels(state.value).inc(mails)

    def legacy(self, used: bool) -> None:
        """Whether mail's own server is that of the legacy settings."""
        LEGACY.set(used)

    def outbox(self, counts: Mapping[MailState, int]) -> None:
        """So many are in each state now."""
        for state, count in counts.items():
            OUTBOX.labels(state.value).set(count)
