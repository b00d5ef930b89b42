"""Folders of an SFTP server: looked at, made part by part."""

import posixpath
import stat

from services.delivery.domain.destinations import Sftp
from services.delivery.domain.failures import FolderMissing
from services.delivery.gateways.sftp.answers import failure_of_answer
from services.delivery.gateways.sftp.opening import session_errors
from services.delivery.gateways.sftp.session import Session
from services.delivery.gateways.sftp.wire import NO_ATTRIBUTES, Asked, Code, path


def folder_of(sftp: Sftp) -> str:
    """The destination's folder as its files' names follow it; empty: where the login ends."""
    return sftp.folder if sftp.folder == "/" else sftp.folder.rstrip("/")


class Folders:
    """The folders that one session sees."""

    def __init__(self, sftp: Sftp, session: Session) -> None:
        self._sftp = sftp
        self._session = session

    def is_folder(self, folder: str) -> bool:
        """Whether it is there. Raises `FolderMissing` where a file is in its place."""
        with session_errors(self._sftp):
            answer = self._session.ask(Asked.STAT, path(folder))
            if (refusal := answer.refusal) is not None:
                if refusal.code == Code.NO_SUCH_FILE:
                    return False
                raise failure_of_answer(folder, refusal)
            mode = answer.attributes().mode
        if mode is not None and not stat.S_ISDIR(mode):
            raise FolderMissing(folder, "it is a file")
        return True

    def make(self, folder: str) -> bool:
        """Makes it, part by part, where it is missing; answers whether it was."""
        if not folder or self.is_folder(folder):
            return False
        made = "/" if folder.startswith("/") else ""
        for part in folder.strip("/").split("/"):
            made = posixpath.join(made, part)
            if not self.is_folder(made):
                self._make_one(made, folder)
        return True

    def _make_one(self, folder: str, whole: str) -> None:
        with session_errors(self._sftp):
            refusal = self._session.ask(Asked.MKDIR, path(folder) + NO_ATTRIBUTES).refusal
        if refusal is None or self.is_folder(folder):  # somebody else may have made it meanwhile
            return
        if refusal.code == Code.NO_SUCH_FILE:
            raise FolderMissing(whole, refusal.answer)
        raise failure_of_answer(folder, refusal)
