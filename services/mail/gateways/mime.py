"""Makes the bytes of a message (RFC 5322, MIME): seven bits, so that any server takes them."""

import html
from collections.abc import Sequence
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from services.mail.domain.address import Address
from services.mail.domain.mail import DueMail
from services.mail.domain.message import Attachment

POLICY = SMTP.clone(cte_type="7bit", max_line_length=78)


class MimeComposer:
    """Composes mails in the name of mail's sender, or of the mail's own."""

    def __init__(self, label: str, sender: Address) -> None:
        self._from = HeaderAddress(label, sender.local, sender.domain)

    def compose(self, mail: DueMail, attachments: Sequence[Attachment]) -> bytes:
        """The same headers in every try: Message-ID and date are those of the mail's storing."""
        message = EmailMessage(policy=POLICY)
        own = None if mail.server is None else mail.server.sender
        message["From"] = self._from if own is None else HeaderAddress("", own.local, own.domain)
        message["To"] = [
            HeaderAddress("", recipient.address.local, recipient.address.domain)
            for recipient in mail.recipients
            if recipient.address is not None
        ]
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(mail.create_time)
        message["Message-ID"] = mail.message_id
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
        message.set_content(mail.body, cte="quoted-printable")
        message.add_alternative(_html(mail.body), subtype="html", cte="quoted-printable")
        for attachment in attachments:
            maintype, _, subtype = attachment.media_type.partition("/")
            message.add_attachment(
                attachment.content,
                maintype=maintype,
                subtype=subtype,
                filename=attachment.file_name,
                cte="base64",
            )
        return message.as_bytes()


def _html(body: str) -> str:
    paragraphs = (html.escape(part).replace("\n", "<br>\n") for part in body.strip().split("\n\n"))
    return "<!DOCTYPE html>\n<html><body>\n" + "".join(f"<p>{part}</p>\n" for part in paragraphs) + "</body></html>\n"
