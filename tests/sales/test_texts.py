"""What people read of sales: complete in every language, and the seed's words in French."""

from chassis.texts import Texts

TEXTS = Texts.of("services.sales")


def test_both_languages_have_the_same_keys_and_placeholders() -> None:
    assert TEXTS.differences() == []


def test_a_corrected_day_reads_as_the_seed_prints_it() -> None:
    state = TEXTS.get("correction.state.in_error", "fr")
    day = TEXTS.get("correction.day", "fr", date="27/03/2015", store="1", store_name="Mag1", register=1, state=state)
    assert day == "27/03/2015 magasin 1 Mag1 caisse 1 (Journée toujours en erreur)"


def test_a_voucher_of_defectives_reads_as_the_seed_prints_it() -> None:
    voucher = TEXTS.get("defectives.voucher", "fr", voucher="899-000160", collection="ETÉ 2015")
    assert voucher == "Création du bon 899-000160 de la collection ETÉ 2015"
