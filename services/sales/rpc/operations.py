"""Corrections and clearings as `google.longrunning.Operation`: their options in, their results out."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from google.type.decimal_pb2 import Decimal as DecimalMessage

from backroom.sales.v1 import sales_pb2
from chassis.operations.longrunning import LongRunning
from chassis.operations.model import Operation
from chassis.rpc.messages import Problems
from services.sales.application.cards import DayCard, VoucherCard
from services.sales.application.correction_options import CorrectionOptions
from services.sales.domain.names import VoucherName
from services.sales.domain.states import CorrectionMethod, DayState, VoucherType
from services.sales.rpc.rendering import render_sales_day, render_voucher

CORRECT = "sales.correct-sales"
PREVIEW_CORRECTION = "sales.preview-correction"
PROCESS_DEFECTIVES = "sales.process-defectives"
PREVIEW_DEFECTIVES = "sales.preview-defectives"

METHODS = {
    sales_pb2.CorrectionOptions.METHOD_UNSPECIFIED: CorrectionMethod.TRANSFER,
    sales_pb2.CorrectionOptions.METHOD_TRANSFER: CorrectionMethod.TRANSFER,
    sales_pb2.CorrectionOptions.METHOD_ADJUSTMENT: CorrectionMethod.ADJUSTMENT,
}


def parse_options(message: sales_pb2.CorrectionOptions) -> CorrectionOptions:
    """Options of a correction; what is absent takes the seed's default. Raises `InvalidInput`."""
    problems = Problems()
    if message.method not in METHODS:
        problems.add("options.method", f"{message.method} is not a method")
    if message.first_register < 0:
        problems.add("options.first_register", "is not to be below zero")
    if message.last_register < message.first_register:
        problems.add("options.last_register", "is not to be below first_register")
    if len(message.unknown_codes_subfamily) > 100 or "\x00" in message.unknown_codes_subfamily:
        problems.add("options.unknown_codes_subfamily", "is to have at most 100 characters, none of them NUL")
    problems.check()
    given: dict[str, Any] = {
        name: getattr(message, name)
        for name in ("unknown_codes_subfamily", "correct_returns", "open_kits", "close_days", "adjust_remainder")
        if message.HasField(name)
    }
    return CorrectionOptions(
        stores=tuple(message.stores),
        first_register=message.first_register,
        last_register=message.last_register,
        method=METHODS[message.method],
        donor_stores=tuple(message.donor_stores),
        **given,
    )


def _correction_metadata(operation: Operation) -> sales_pb2.CorrectSalesMetadata:
    progress = operation.progress
    if progress is None:
        return sales_pb2.CorrectSalesMetadata()
    return sales_pb2.CorrectSalesMetadata(day_count=progress.total, done_count=progress.done)


def _correction_response(operation: Operation) -> sales_pb2.CorrectSalesResponse:
    result = _result_of(operation)
    return sales_pb2.CorrectSalesResponse(
        sales_days=[render_sales_day(_day(day)) for day in result["sales_days"]],
        vouchers=result["vouchers"],
        transferred_units=DecimalMessage(value=result["transferred_units"]),
        adjusted_units=DecimalMessage(value=result["adjusted_units"]),
        reassigned_line_count=result["reassigned_line_count"],
        credited_return_count=result["credited_return_count"],
        remaining_line_count=result["remaining_line_count"],
        warnings=result["warnings"],
    )


def _defectives_metadata(operation: Operation) -> sales_pb2.ProcessDefectivesMetadata:
    return sales_pb2.ProcessDefectivesMetadata(line_count=_result_of(operation).get("line_count", 0))


def _defectives_response(operation: Operation) -> sales_pb2.ProcessDefectivesResponse:
    vouchers = [render_voucher(_voucher(each)) for each in _result_of(operation)["vouchers"]]
    if operation.kind == PREVIEW_DEFECTIVES:
        for voucher in vouchers:
            voucher.ClearField("name")
    return sales_pb2.ProcessDefectivesResponse(vouchers=vouchers)


def _result_of(operation: Operation) -> dict[str, Any]:
    return dict(operation.outcome.result) if operation.outcome is not None else {}


def _day(value: Mapping[str, Any]) -> DayCard:
    return DayCard(
        business_date=date.fromisoformat(value["business_date"]),
        store=value["store"],
        store_name="",
        register=value["register"],
        state=DayState(value["state"]),
        ticket_count=value["ticket_count"],
        error_count=value["error_count"],
    )


def _voucher(value: Mapping[str, Any]) -> VoucherCard:
    prefix, _, number = value["name"].removeprefix("vouchers/").partition("-")
    return VoucherCard(
        name=VoucherName(prefix=prefix, number=int(number or 0)),
        type=VoucherType(value["type"]),
        store=value["store"],
        donor="",
        supplier=value["supplier"],
        collection=value["collection"],
        business_date=date.fromisoformat(value["business_date"]),
        quantity=Decimal(value["quantity"]),
        value=Decimal(value["value"]),
        currency=value["currency"],
        line_count=value["line_count"],
        create_time=datetime.fromisoformat(value["create_time"]),
    )


_CORRECTION = LongRunning(metadata=_correction_metadata, response=_correction_response)
_DEFECTIVES = LongRunning(metadata=_defectives_metadata, response=_defectives_response)
LONGRUNNING: Mapping[str, LongRunning] = {
    CORRECT: _CORRECTION,
    PREVIEW_CORRECTION: _CORRECTION,
    PROCESS_DEFECTIVES: _DEFECTIVES,
    PREVIEW_DEFECTIVES: _DEFECTIVES,
}
