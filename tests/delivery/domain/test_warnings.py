"""What works and should not stay so."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.delivery.domain.destinations import (
    Method,
    Security,
    ServerPath,
)
from services.delivery.domain.drafts import (
    MailServerDraft,
)
from services.delivery.domain.warnings import CERTIFICATE_EXPIRED, CERTIFICATE_UNVERIFIED, NO_TLS, warnings_of
from tests.delivery.domain.drafting import (
    EMAIL,
    FTP,
    IMAP,
    NOW,
    SFTP,
    certificate,
    method_of,
)


@pytest.mark.parametrize(
    ("method", "told"),
    [
        (ServerPath(folder="/srv/out"), ()),
        (method_of(SFTP), ()),
        (method_of(FTP), ()),
        (method_of(replace(FTP, security=Security.NONE)), (NO_TLS,)),
        (method_of(replace(IMAP, security=Security.NONE)), (NO_TLS,)),
        (method_of(replace(IMAP, certificate_unverified=True)), (CERTIFICATE_UNVERIFIED,)),
        (method_of(replace(FTP, certificate=certificate())), ()),
        (method_of(replace(FTP, certificate=certificate() + certificate(until=NOW))), ()),
        (
            method_of(replace(FTP, certificate=certificate() + certificate(until=NOW - timedelta(seconds=1)))),
            (CERTIFICATE_EXPIRED,),
        ),
        (method_of(EMAIL), ()),
        (method_of(replace(EMAIL, server=MailServerDraft(address="h", security=Security.NONE))), (NO_TLS,)),
        (method_of(replace(EMAIL, server=None)), ()),
    ],
)
def test_what_should_not_stay_so_is_told(method: Method, told: tuple[str, ...]) -> None:
    assert warnings_of(method, NOW) == told
