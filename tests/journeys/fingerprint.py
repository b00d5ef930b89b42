"""Business tables of the five databases in a stable order, so that two nights can be compared row by row.

Codes stand for surrogate ids; instants, UUIDs, secrets and counts of tries are left out.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path

import sqlalchemy as sa

Fingerprint = dict[str, Sequence[tuple[str, ...]]]  #: table, folder or mailbox → its rows, sorted

TONIGHT = "TONIGHT"  #: stands for the day of the runs, however it is written


def _code(table: str, column: str) -> str:
    return f"(SELECT known.code FROM {table} AS known WHERE known.id = {column})"


def _ticket(column: str) -> str:
    return (
        "(SELECT concat(place.code, '-', named.register, '-', named.number) FROM ticket AS named"
        f" JOIN store AS place ON place.id = named.store_id WHERE named.id = {column})"
    )


def _voucher(column: str) -> str:
    return f"(SELECT concat(bon.prefix, '-', bon.number) FROM voucher AS bon WHERE bon.id = {column})"


STORE, ITEM, MODEL = _code("store", "store_id"), _code("item", "item_id"), _code("model", "model_id")
TICKET, VOUCHER = _ticket("ticket_id"), _voucher("voucher_id")
ENTITY = _code("legal_entity", "legal_entity_id")
SUPPLIER, BRAND = _code("supplier", "supplier_id"), _code("brand", "brand_id")
DONOR = _code("store", "donor_store_id")

#: Service → table → its columns.
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "sales": {
        "legal_entity": "code, currency",
        "store": f"code, display_name, {ENTITY}, voucher_prefix",
        "voucher_prefix": "prefix, last_number",
        "supplier": "code, display_name, defectives_policy",
        "brand": "code, display_name",
        "brand_supplier": f"{BRAND}, {SUPPLIER}",
        "model": f"code, display_name, {BRAND}, family, subfamily, collection, vat_rate, stocked, content_hash",
        "item": f"code, {MODEL}, colour, size",
        "kit_component": f"{MODEL}, {ITEM}, quantity",
        "model_cost": f"{ENTITY}, {MODEL}, quantity, value, cost",
        "stock_level": f"{STORE}, {ITEM}, quantity",
        "voucher": f"prefix, number, type, {STORE}, {DONOR}, {SUPPLIER}, collection, business_date, quantity, value,"
        " currency, line_count, operation_id IS NULL",
        "voucher_line": f"{VOUCHER}, number, {ITEM}, quantity, unit_cost, value, receipt_id",
        "ticket": f"{STORE}, register, number, business_date, close_time, client, cashier, total, currency, signature,"
        " line_count, content_hash, state",
        "ticket_line": f"{TICKET}, number, item, label, quantity, amount, discount, vat_rate, returned_ticket,"
        " defective",
        "payment": f"{TICKET}, number, means, amount",
        "line_posting": f"{TICKET}, number, {ITEM}, posted, problem, subfamily, operation_id IS NULL",
        "stock_movement": f"{STORE}, {ITEM}, quantity, unit_cost, value, business_date, {TICKET}, ticket_line,"
        f" {VOUCHER}, voucher_line",
        "sales_day": f"business_date, {STORE}, register, state, ticket_count, error_count",
        "correction_day": f"business_date, {STORE}, register, in_error",
        "defective_treatment": f"{TICKET}, number, {VOUCHER}",
        "journal_entry WHERE journal = 'Mise à jour des ventes'": "level, source, user_name, text",
    },
    "clients": {
        "client": "code, title, family_name, store, criterion1, criterion2, criterion3, card_number, card_type,"
        " card_article_count, card_point_count, card_visit_count, card_total, card_gift_amount, card_currency,"
        " card_bonus_count, card_valid_until, content_hash, revision",
        "member": "client, position, given_name, phone, mobile, email, birth_date",
        "address": "client, kind, line1, line2, line3, postcode, city, country, email",
        "consent": "client, option, granted, source, consent_time, text_version",
        "consent_history": "client, option, consent_time, granted, source, text_version",
        "purchase_reading": "stores",
    },
    "mail": {
        "mail": "state, mode, walk_in, subject, body, site, ticket, copy",
        "recipient JOIN mail ON mail.id = recipient.mail": "ticket, ordinal, address, shown, recipient.state",
        "attachment JOIN mail ON mail.id = attachment.mail": "ticket, ordinal, file_name, media_type, size_bytes,"
        " content IS NULL",
    },
    "delivery": {
        "destination": "id, display_name, protocol",
        # What a try that died had staged, and what was dropped for it, is history and lies on no disk.
        "spool_file WHERE state <> 'DISCARDED'": "ordinal, site, mode, file_name, size_bytes, sha256, state,"
        " destination",
        "sending": "destination, file_count",
    },
    "scheduler": {
        "task": "title, task_type, handler, options, site, time_zone, destination, file_name, pool, notify_when, owner,"
        " state",
        "run": "task_title, task_type, site, mode, pool, state, occurrence, occurrences, reason, manual, started_by,"
        " report, failure",
        "message": "principal, category, subject, body, error, read",
    },
}


def tables_of(database_url: Callable[[str], str], tonight: date) -> Fingerprint:
    """Every business table."""
    left: Fingerprint = {}
    for service, tables in COLUMNS.items():
        for table, columns in tables.items():
            rows = answers(database_url(service), f"SELECT {columns} FROM {table}")
            left[f"{service}.{table.split()[0]}"] = sorted(
                tuple(_plain(value, tonight) for value in row) for row in rows
            )
    return left


def answers(database_url: str, query: str) -> Sequence[tuple[object, ...]]:
    """What a query of a service's own database answers."""
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text("SET TIME ZONE 'UTC'"))
        return [tuple(row) for row in connection.execute(sa.text(query))]


def files_below(folder: Path, tonight: date) -> list[tuple[str, ...]]:
    """Names and SHA-256 of the files in a folder and below it."""
    return sorted(
        (_plain(path.relative_to(folder), tonight), sha256(path.read_bytes()).hexdigest())
        for path in folder.rglob("*")
        if path.is_file()
    )


def _plain(value: object, tonight: date) -> str:
    text = value.hex() if isinstance(value, bytes) else str(value)
    for written in ("%Y-%m-%d", "%Y%m%d", "%d/%m/%Y"):
        text = text.replace(tonight.strftime(written), TONIGHT)
    return text
