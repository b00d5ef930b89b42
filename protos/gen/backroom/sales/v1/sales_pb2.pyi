import datetime

from google.longrunning import operations_pb2 as _operations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import date_pb2 as _date_pb2
from google.type import decimal_pb2 as _decimal_pb2
from google.type import money_pb2 as _money_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Store(_message.Message):
    __slots__ = ("code", "display_name", "currency", "legal_entity", "voucher_prefix")
    CODE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    LEGAL_ENTITY_FIELD_NUMBER: _ClassVar[int]
    VOUCHER_PREFIX_FIELD_NUMBER: _ClassVar[int]
    code: str
    display_name: str
    currency: str
    legal_entity: str
    voucher_prefix: str
    def __init__(self, code: _Optional[str] = ..., display_name: _Optional[str] = ..., currency: _Optional[str] = ..., legal_entity: _Optional[str] = ..., voucher_prefix: _Optional[str] = ...) -> None: ...

class Supplier(_message.Message):
    __slots__ = ("code", "display_name", "defectives_policy")
    class DefectivesPolicy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEFECTIVES_POLICY_UNSPECIFIED: _ClassVar[Supplier.DefectivesPolicy]
        DEFECTIVES_POLICY_NONE: _ClassVar[Supplier.DefectivesPolicy]
        DEFECTIVES_POLICY_ADJUSTMENT: _ClassVar[Supplier.DefectivesPolicy]
        DEFECTIVES_POLICY_SUPPLIER_RETURN: _ClassVar[Supplier.DefectivesPolicy]
    DEFECTIVES_POLICY_UNSPECIFIED: Supplier.DefectivesPolicy
    DEFECTIVES_POLICY_NONE: Supplier.DefectivesPolicy
    DEFECTIVES_POLICY_ADJUSTMENT: Supplier.DefectivesPolicy
    DEFECTIVES_POLICY_SUPPLIER_RETURN: Supplier.DefectivesPolicy
    CODE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    DEFECTIVES_POLICY_FIELD_NUMBER: _ClassVar[int]
    code: str
    display_name: str
    defectives_policy: Supplier.DefectivesPolicy
    def __init__(self, code: _Optional[str] = ..., display_name: _Optional[str] = ..., defectives_policy: _Optional[_Union[Supplier.DefectivesPolicy, str]] = ...) -> None: ...

class Brand(_message.Message):
    __slots__ = ("code", "display_name", "suppliers")
    CODE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    SUPPLIERS_FIELD_NUMBER: _ClassVar[int]
    code: str
    display_name: str
    suppliers: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, code: _Optional[str] = ..., display_name: _Optional[str] = ..., suppliers: _Optional[_Iterable[str]] = ...) -> None: ...

class Model(_message.Message):
    __slots__ = ("code", "display_name", "brand", "family", "subfamily", "collection", "vat_rate", "stocked", "items", "components")
    CODE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    BRAND_FIELD_NUMBER: _ClassVar[int]
    FAMILY_FIELD_NUMBER: _ClassVar[int]
    SUBFAMILY_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    VAT_RATE_FIELD_NUMBER: _ClassVar[int]
    STOCKED_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    COMPONENTS_FIELD_NUMBER: _ClassVar[int]
    code: str
    display_name: str
    brand: str
    family: str
    subfamily: str
    collection: str
    vat_rate: _decimal_pb2.Decimal
    stocked: bool
    items: _containers.RepeatedCompositeFieldContainer[Item]
    components: _containers.RepeatedCompositeFieldContainer[KitComponent]
    def __init__(self, code: _Optional[str] = ..., display_name: _Optional[str] = ..., brand: _Optional[str] = ..., family: _Optional[str] = ..., subfamily: _Optional[str] = ..., collection: _Optional[str] = ..., vat_rate: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., stocked: _Optional[bool] = ..., items: _Optional[_Iterable[_Union[Item, _Mapping]]] = ..., components: _Optional[_Iterable[_Union[KitComponent, _Mapping]]] = ...) -> None: ...

class Item(_message.Message):
    __slots__ = ("code", "colour", "size")
    CODE_FIELD_NUMBER: _ClassVar[int]
    COLOUR_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    code: str
    colour: str
    size: str
    def __init__(self, code: _Optional[str] = ..., colour: _Optional[str] = ..., size: _Optional[str] = ...) -> None: ...

class KitComponent(_message.Message):
    __slots__ = ("item", "quantity")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    item: str
    quantity: _decimal_pb2.Decimal
    def __init__(self, item: _Optional[str] = ..., quantity: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ...) -> None: ...

class ImportCatalogueRequest(_message.Message):
    __slots__ = ("stores", "suppliers", "brands", "models")
    STORES_FIELD_NUMBER: _ClassVar[int]
    SUPPLIERS_FIELD_NUMBER: _ClassVar[int]
    BRANDS_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    stores: _containers.RepeatedCompositeFieldContainer[Store]
    suppliers: _containers.RepeatedCompositeFieldContainer[Supplier]
    brands: _containers.RepeatedCompositeFieldContainer[Brand]
    models: _containers.RepeatedCompositeFieldContainer[Model]
    def __init__(self, stores: _Optional[_Iterable[_Union[Store, _Mapping]]] = ..., suppliers: _Optional[_Iterable[_Union[Supplier, _Mapping]]] = ..., brands: _Optional[_Iterable[_Union[Brand, _Mapping]]] = ..., models: _Optional[_Iterable[_Union[Model, _Mapping]]] = ...) -> None: ...

class ImportCatalogueResponse(_message.Message):
    __slots__ = ("changed_count", "unchanged_count")
    CHANGED_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_COUNT_FIELD_NUMBER: _ClassVar[int]
    changed_count: int
    unchanged_count: int
    def __init__(self, changed_count: _Optional[int] = ..., unchanged_count: _Optional[int] = ...) -> None: ...

class StockReceipt(_message.Message):
    __slots__ = ("receipt_id", "store", "item", "quantity", "unit_cost", "business_date")
    RECEIPT_ID_FIELD_NUMBER: _ClassVar[int]
    STORE_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    UNIT_COST_FIELD_NUMBER: _ClassVar[int]
    BUSINESS_DATE_FIELD_NUMBER: _ClassVar[int]
    receipt_id: str
    store: str
    item: str
    quantity: _decimal_pb2.Decimal
    unit_cost: _decimal_pb2.Decimal
    business_date: _date_pb2.Date
    def __init__(self, receipt_id: _Optional[str] = ..., store: _Optional[str] = ..., item: _Optional[str] = ..., quantity: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., unit_cost: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., business_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ...) -> None: ...

class ImportStockRequest(_message.Message):
    __slots__ = ("receipts",)
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    receipts: _containers.RepeatedCompositeFieldContainer[StockReceipt]
    def __init__(self, receipts: _Optional[_Iterable[_Union[StockReceipt, _Mapping]]] = ...) -> None: ...

class ImportStockResponse(_message.Message):
    __slots__ = ("recorded_count", "repeated_count")
    RECORDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REPEATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    recorded_count: int
    repeated_count: int
    def __init__(self, recorded_count: _Optional[int] = ..., repeated_count: _Optional[int] = ...) -> None: ...

class Ticket(_message.Message):
    __slots__ = ("name", "store", "register", "number", "business_date", "close_time", "client", "cashier", "lines", "payments", "total", "state", "signature")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Ticket.State]
        STATE_RECORDED: _ClassVar[Ticket.State]
        STATE_VALIDATED: _ClassVar[Ticket.State]
        STATE_IN_ERROR: _ClassVar[Ticket.State]
    STATE_UNSPECIFIED: Ticket.State
    STATE_RECORDED: Ticket.State
    STATE_VALIDATED: Ticket.State
    STATE_IN_ERROR: Ticket.State
    NAME_FIELD_NUMBER: _ClassVar[int]
    STORE_FIELD_NUMBER: _ClassVar[int]
    REGISTER_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    BUSINESS_DATE_FIELD_NUMBER: _ClassVar[int]
    CLOSE_TIME_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    CASHIER_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    PAYMENTS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    name: str
    store: str
    register: int
    number: int
    business_date: _date_pb2.Date
    close_time: _timestamp_pb2.Timestamp
    client: str
    cashier: str
    lines: _containers.RepeatedCompositeFieldContainer[TicketLine]
    payments: _containers.RepeatedCompositeFieldContainer[Payment]
    total: _money_pb2.Money
    state: Ticket.State
    signature: str
    def __init__(self, name: _Optional[str] = ..., store: _Optional[str] = ..., register: _Optional[int] = ..., number: _Optional[int] = ..., business_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., close_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., client: _Optional[str] = ..., cashier: _Optional[str] = ..., lines: _Optional[_Iterable[_Union[TicketLine, _Mapping]]] = ..., payments: _Optional[_Iterable[_Union[Payment, _Mapping]]] = ..., total: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., state: _Optional[_Union[Ticket.State, str]] = ..., signature: _Optional[str] = ...) -> None: ...

class TicketLine(_message.Message):
    __slots__ = ("item", "label", "quantity", "amount", "vat_rate", "returned_ticket", "defective", "posted", "problem", "discount")
    class Problem(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        PROBLEM_UNSPECIFIED: _ClassVar[TicketLine.Problem]
        PROBLEM_UNKNOWN_CODE: _ClassVar[TicketLine.Problem]
        PROBLEM_INSUFFICIENT_STOCK: _ClassVar[TicketLine.Problem]
        PROBLEM_RETURN_WITHOUT_SALE: _ClassVar[TicketLine.Problem]
    PROBLEM_UNSPECIFIED: TicketLine.Problem
    PROBLEM_UNKNOWN_CODE: TicketLine.Problem
    PROBLEM_INSUFFICIENT_STOCK: TicketLine.Problem
    PROBLEM_RETURN_WITHOUT_SALE: TicketLine.Problem
    ITEM_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    VAT_RATE_FIELD_NUMBER: _ClassVar[int]
    RETURNED_TICKET_FIELD_NUMBER: _ClassVar[int]
    DEFECTIVE_FIELD_NUMBER: _ClassVar[int]
    POSTED_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    DISCOUNT_FIELD_NUMBER: _ClassVar[int]
    item: str
    label: str
    quantity: _decimal_pb2.Decimal
    amount: _money_pb2.Money
    vat_rate: _decimal_pb2.Decimal
    returned_ticket: str
    defective: bool
    posted: bool
    problem: TicketLine.Problem
    discount: _money_pb2.Money
    def __init__(self, item: _Optional[str] = ..., label: _Optional[str] = ..., quantity: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., amount: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., vat_rate: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., returned_ticket: _Optional[str] = ..., defective: _Optional[bool] = ..., posted: _Optional[bool] = ..., problem: _Optional[_Union[TicketLine.Problem, str]] = ..., discount: _Optional[_Union[_money_pb2.Money, _Mapping]] = ...) -> None: ...

class Payment(_message.Message):
    __slots__ = ("means", "amount")
    MEANS_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    means: str
    amount: _money_pb2.Money
    def __init__(self, means: _Optional[str] = ..., amount: _Optional[_Union[_money_pb2.Money, _Mapping]] = ...) -> None: ...

class ImportTicketsRequest(_message.Message):
    __slots__ = ("tickets",)
    TICKETS_FIELD_NUMBER: _ClassVar[int]
    tickets: _containers.RepeatedCompositeFieldContainer[Ticket]
    def __init__(self, tickets: _Optional[_Iterable[_Union[Ticket, _Mapping]]] = ...) -> None: ...

class ImportTicketsResponse(_message.Message):
    __slots__ = ("recorded_count", "repeated_count", "line_count", "posting")
    RECORDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REPEATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    LINE_COUNT_FIELD_NUMBER: _ClassVar[int]
    POSTING_FIELD_NUMBER: _ClassVar[int]
    recorded_count: int
    repeated_count: int
    line_count: int
    posting: str
    def __init__(self, recorded_count: _Optional[int] = ..., repeated_count: _Optional[int] = ..., line_count: _Optional[int] = ..., posting: _Optional[str] = ...) -> None: ...

class GetTicketRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListTicketsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter", "order_by")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    order_by: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ...) -> None: ...

class ListTicketsResponse(_message.Message):
    __slots__ = ("tickets", "next_page_token")
    TICKETS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    tickets: _containers.RepeatedCompositeFieldContainer[Ticket]
    next_page_token: str
    def __init__(self, tickets: _Optional[_Iterable[_Union[Ticket, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListPurchasesRequest(_message.Message):
    __slots__ = ("stores", "tickets_per_client", "recorded_after")
    STORES_FIELD_NUMBER: _ClassVar[int]
    TICKETS_PER_CLIENT_FIELD_NUMBER: _ClassVar[int]
    RECORDED_AFTER_FIELD_NUMBER: _ClassVar[int]
    stores: _containers.RepeatedScalarFieldContainer[str]
    tickets_per_client: int
    recorded_after: _timestamp_pb2.Timestamp
    def __init__(self, stores: _Optional[_Iterable[str]] = ..., tickets_per_client: _Optional[int] = ..., recorded_after: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListPurchasesResponse(_message.Message):
    __slots__ = ("clients", "read_time")
    CLIENTS_FIELD_NUMBER: _ClassVar[int]
    READ_TIME_FIELD_NUMBER: _ClassVar[int]
    clients: _containers.RepeatedCompositeFieldContainer[ClientPurchases]
    read_time: _timestamp_pb2.Timestamp
    def __init__(self, clients: _Optional[_Iterable[_Union[ClientPurchases, _Mapping]]] = ..., read_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ClientPurchases(_message.Message):
    __slots__ = ("client", "purchases")
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    PURCHASES_FIELD_NUMBER: _ClassVar[int]
    client: str
    purchases: _containers.RepeatedCompositeFieldContainer[Purchase]
    def __init__(self, client: _Optional[str] = ..., purchases: _Optional[_Iterable[_Union[Purchase, _Mapping]]] = ...) -> None: ...

class Purchase(_message.Message):
    __slots__ = ("store", "close_time", "ticket")
    STORE_FIELD_NUMBER: _ClassVar[int]
    CLOSE_TIME_FIELD_NUMBER: _ClassVar[int]
    TICKET_FIELD_NUMBER: _ClassVar[int]
    store: str
    close_time: _timestamp_pb2.Timestamp
    ticket: str
    def __init__(self, store: _Optional[str] = ..., close_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., ticket: _Optional[str] = ...) -> None: ...

class SalesDay(_message.Message):
    __slots__ = ("business_date", "store", "register", "state", "ticket_count", "error_count")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[SalesDay.State]
        STATE_OPEN: _ClassVar[SalesDay.State]
        STATE_IN_ERROR: _ClassVar[SalesDay.State]
        STATE_UP_TO_DATE: _ClassVar[SalesDay.State]
        STATE_CLOSED: _ClassVar[SalesDay.State]
    STATE_UNSPECIFIED: SalesDay.State
    STATE_OPEN: SalesDay.State
    STATE_IN_ERROR: SalesDay.State
    STATE_UP_TO_DATE: SalesDay.State
    STATE_CLOSED: SalesDay.State
    BUSINESS_DATE_FIELD_NUMBER: _ClassVar[int]
    STORE_FIELD_NUMBER: _ClassVar[int]
    REGISTER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TICKET_COUNT_FIELD_NUMBER: _ClassVar[int]
    ERROR_COUNT_FIELD_NUMBER: _ClassVar[int]
    business_date: _date_pb2.Date
    store: str
    register: int
    state: SalesDay.State
    ticket_count: int
    error_count: int
    def __init__(self, business_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., store: _Optional[str] = ..., register: _Optional[int] = ..., state: _Optional[_Union[SalesDay.State, str]] = ..., ticket_count: _Optional[int] = ..., error_count: _Optional[int] = ...) -> None: ...

class ListSalesDaysRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter", "order_by")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    order_by: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ...) -> None: ...

class ListSalesDaysResponse(_message.Message):
    __slots__ = ("sales_days", "next_page_token")
    SALES_DAYS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    sales_days: _containers.RepeatedCompositeFieldContainer[SalesDay]
    next_page_token: str
    def __init__(self, sales_days: _Optional[_Iterable[_Union[SalesDay, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CorrectionOptions(_message.Message):
    __slots__ = ("stores", "first_register", "last_register", "method", "unknown_codes_subfamily", "correct_returns", "open_kits", "close_days", "donor_stores", "adjust_remainder")
    class Method(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        METHOD_UNSPECIFIED: _ClassVar[CorrectionOptions.Method]
        METHOD_TRANSFER: _ClassVar[CorrectionOptions.Method]
        METHOD_ADJUSTMENT: _ClassVar[CorrectionOptions.Method]
    METHOD_UNSPECIFIED: CorrectionOptions.Method
    METHOD_TRANSFER: CorrectionOptions.Method
    METHOD_ADJUSTMENT: CorrectionOptions.Method
    STORES_FIELD_NUMBER: _ClassVar[int]
    FIRST_REGISTER_FIELD_NUMBER: _ClassVar[int]
    LAST_REGISTER_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_CODES_SUBFAMILY_FIELD_NUMBER: _ClassVar[int]
    CORRECT_RETURNS_FIELD_NUMBER: _ClassVar[int]
    OPEN_KITS_FIELD_NUMBER: _ClassVar[int]
    CLOSE_DAYS_FIELD_NUMBER: _ClassVar[int]
    DONOR_STORES_FIELD_NUMBER: _ClassVar[int]
    ADJUST_REMAINDER_FIELD_NUMBER: _ClassVar[int]
    stores: _containers.RepeatedScalarFieldContainer[str]
    first_register: int
    last_register: int
    method: CorrectionOptions.Method
    unknown_codes_subfamily: str
    correct_returns: bool
    open_kits: bool
    close_days: bool
    donor_stores: _containers.RepeatedScalarFieldContainer[str]
    adjust_remainder: bool
    def __init__(self, stores: _Optional[_Iterable[str]] = ..., first_register: _Optional[int] = ..., last_register: _Optional[int] = ..., method: _Optional[_Union[CorrectionOptions.Method, str]] = ..., unknown_codes_subfamily: _Optional[str] = ..., correct_returns: _Optional[bool] = ..., open_kits: _Optional[bool] = ..., close_days: _Optional[bool] = ..., donor_stores: _Optional[_Iterable[str]] = ..., adjust_remainder: _Optional[bool] = ...) -> None: ...

class CorrectSalesRequest(_message.Message):
    __slots__ = ("options", "validate_only", "request_id")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    options: CorrectionOptions
    validate_only: bool
    request_id: str
    def __init__(self, options: _Optional[_Union[CorrectionOptions, _Mapping]] = ..., validate_only: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class CorrectSalesMetadata(_message.Message):
    __slots__ = ("day_count", "done_count")
    DAY_COUNT_FIELD_NUMBER: _ClassVar[int]
    DONE_COUNT_FIELD_NUMBER: _ClassVar[int]
    day_count: int
    done_count: int
    def __init__(self, day_count: _Optional[int] = ..., done_count: _Optional[int] = ...) -> None: ...

class CorrectSalesResponse(_message.Message):
    __slots__ = ("sales_days", "vouchers", "transferred_units", "adjusted_units", "reassigned_line_count", "credited_return_count", "remaining_line_count", "warnings")
    SALES_DAYS_FIELD_NUMBER: _ClassVar[int]
    VOUCHERS_FIELD_NUMBER: _ClassVar[int]
    TRANSFERRED_UNITS_FIELD_NUMBER: _ClassVar[int]
    ADJUSTED_UNITS_FIELD_NUMBER: _ClassVar[int]
    REASSIGNED_LINE_COUNT_FIELD_NUMBER: _ClassVar[int]
    CREDITED_RETURN_COUNT_FIELD_NUMBER: _ClassVar[int]
    REMAINING_LINE_COUNT_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    sales_days: _containers.RepeatedCompositeFieldContainer[SalesDay]
    vouchers: _containers.RepeatedScalarFieldContainer[str]
    transferred_units: _decimal_pb2.Decimal
    adjusted_units: _decimal_pb2.Decimal
    reassigned_line_count: int
    credited_return_count: int
    remaining_line_count: int
    warnings: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, sales_days: _Optional[_Iterable[_Union[SalesDay, _Mapping]]] = ..., vouchers: _Optional[_Iterable[str]] = ..., transferred_units: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., adjusted_units: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., reassigned_line_count: _Optional[int] = ..., credited_return_count: _Optional[int] = ..., remaining_line_count: _Optional[int] = ..., warnings: _Optional[_Iterable[str]] = ...) -> None: ...

class ProcessDefectivesRequest(_message.Message):
    __slots__ = ("validate_only", "request_id")
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    validate_only: bool
    request_id: str
    def __init__(self, validate_only: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class ProcessDefectivesMetadata(_message.Message):
    __slots__ = ("line_count",)
    LINE_COUNT_FIELD_NUMBER: _ClassVar[int]
    line_count: int
    def __init__(self, line_count: _Optional[int] = ...) -> None: ...

class ProcessDefectivesResponse(_message.Message):
    __slots__ = ("vouchers",)
    VOUCHERS_FIELD_NUMBER: _ClassVar[int]
    vouchers: _containers.RepeatedCompositeFieldContainer[Voucher]
    def __init__(self, vouchers: _Optional[_Iterable[_Union[Voucher, _Mapping]]] = ...) -> None: ...

class Voucher(_message.Message):
    __slots__ = ("name", "type", "store", "donor_store", "supplier", "collection", "business_date", "quantity", "value", "line_count", "create_time")
    class Type(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        TYPE_UNSPECIFIED: _ClassVar[Voucher.Type]
        TYPE_REC: _ClassVar[Voucher.Type]
        TYPE_TRF: _ClassVar[Voucher.Type]
        TYPE_AV: _ClassVar[Voucher.Type]
        TYPE_BDD: _ClassVar[Voucher.Type]
        TYPE_RFD: _ClassVar[Voucher.Type]
    TYPE_UNSPECIFIED: Voucher.Type
    TYPE_REC: Voucher.Type
    TYPE_TRF: Voucher.Type
    TYPE_AV: Voucher.Type
    TYPE_BDD: Voucher.Type
    TYPE_RFD: Voucher.Type
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    STORE_FIELD_NUMBER: _ClassVar[int]
    DONOR_STORE_FIELD_NUMBER: _ClassVar[int]
    SUPPLIER_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    BUSINESS_DATE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    LINE_COUNT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    type: Voucher.Type
    store: str
    donor_store: str
    supplier: str
    collection: str
    business_date: _date_pb2.Date
    quantity: _decimal_pb2.Decimal
    value: _money_pb2.Money
    line_count: int
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., type: _Optional[_Union[Voucher.Type, str]] = ..., store: _Optional[str] = ..., donor_store: _Optional[str] = ..., supplier: _Optional[str] = ..., collection: _Optional[str] = ..., business_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., quantity: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., value: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., line_count: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListVouchersRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter", "order_by")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    order_by: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ...) -> None: ...

class ListVouchersResponse(_message.Message):
    __slots__ = ("vouchers", "next_page_token")
    VOUCHERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    vouchers: _containers.RepeatedCompositeFieldContainer[Voucher]
    next_page_token: str
    def __init__(self, vouchers: _Optional[_Iterable[_Union[Voucher, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
