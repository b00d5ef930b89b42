"""What programs take a file for."""

import pytest

from services.delivery.gateways.media_types import media_type


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ventes.CSV", "text/csv"),
        ("ticket.pdf", "application/pdf"),
        ("a.json", "application/json"),
        ("ventes.csv.gz", "application/gzip"),
        ("a.xz", "application/x-xz"),
        ("a.csv.br", "application/octet-stream"),
        ("lettre.eml", "application/octet-stream"),  # may not be base64 as what it is
        ("a.unheardof", "application/octet-stream"),
        ("ventes", "application/octet-stream"),
    ],
)
def test_the_media_type_is_told_by_the_name(name: str, kind: str) -> None:
    assert media_type(name) == kind
