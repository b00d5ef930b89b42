"""A destination as a person types it: checked field by field, and only then a destination."""

from services.delivery.domain.drafts.draft import Checked, Draft, MethodDraft, checked, draft_of
from services.delivery.domain.drafts.email import EmailDraft, MailServerDraft
from services.delivery.domain.drafts.ftp import FtpDraft
from services.delivery.domain.drafts.imap import ImapDraft
from services.delivery.domain.drafts.server_path import ServerPathDraft, root_of
from services.delivery.domain.drafts.sftp import SftpDraft

__all__ = [
    "Checked",
    "Draft",
    "EmailDraft",
    "FtpDraft",
    "ImapDraft",
    "MailServerDraft",
    "MethodDraft",
    "ServerPathDraft",
    "SftpDraft",
    "checked",
    "draft_of",
    "root_of",
]
