"""States and kinds that facts of the shop can have. Their values stand in the database."""

from enum import StrEnum


class TicketState(StrEnum):
    """How far a recorded ticket is."""

    RECORDED = "recorded"  #: as the register sent it; no line was tried yet
    VALIDATED = "validated"  #: every line is posted
    IN_ERROR = "in_error"  #: a line could not be posted; a correction may help


class DayState(StrEnum):
    """How a sales day (date × store × register) stands."""

    OPEN = "open"  #: holds tickets that were not tried yet, and none in error
    IN_ERROR = "in_error"  #: holds a ticket in error ("Journée toujours en erreur")
    UP_TO_DATE = "up_to_date"  #: every ticket is validated ("Journée à jour")
    CLOSED = "closed"  #: up to date, and takes nothing more


class LineProblem(StrEnum):
    """Why a line could not be posted."""

    UNKNOWN_CODE = "unknown_code"  #: no item has the code
    INSUFFICIENT_STOCK = "insufficient_stock"  #: the store has not enough of the item
    RETURN_WITHOUT_SALE = "return_without_sale"  #: what comes back was never sold


class VoucherType(StrEnum):
    """Documents that move stock ("bons")."""

    RECEIPT = "REC"  #: goods received
    TRANSFER = "TRF"  #: from a donor store to another
    SALES_ADJUSTMENT = "AV"  #: "ajustement des ventes"
    DESTRUCTION = "BDD"  #: "bon pour destruction de défectueux"
    SUPPLIER_RETURN = "RFD"  #: "retour fournisseur des défectueux"


class DefectivesPolicy(StrEnum):
    """What is done with unsaleable goods of a supplier ("gestion des défectueux")."""

    NONE = "none"  #: nothing
    ADJUSTMENT = "adjustment"  #: destroyed by a BDD voucher
    SUPPLIER_RETURN = "supplier_return"  #: sent back by an RFD voucher


class CorrectionMethod(StrEnum):
    """How missing stock is supplied."""

    TRANSFER = "transfer"  #: from donor stores
    ADJUSTMENT = "adjustment"  #: out of nothing, by an AV voucher
