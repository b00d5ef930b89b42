"""What the head office tells of stores and goods, as it is imported."""

from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

from services.sales.domain.states import DefectivesPolicy

BATCH = 5_000  #: rows in one message, all kinds together


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFacts:
    """A shop."""

    code: str  #: 1 to 10 digits
    display_name: str
    currency: str  #: ISO 4217
    legal_entity: str
    voucher_prefix: str  #: three digits or more


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierFacts:
    """Who delivers goods."""

    code: str
    display_name: str
    defectives_policy: DefectivesPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandFacts:
    """A brand and who delivers it."""

    code: str
    display_name: str
    suppliers: tuple[str, ...]  #: codes, one or more


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """A model's colour × size."""

    code: str
    colour: str
    size: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentFacts:
    """A component of a kit."""

    item: str
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """A product as the company buys it, with what can be sold of it."""

    code: str
    display_name: str
    brand: str
    family: str
    subfamily: str
    collection: str
    vat_rate: Decimal
    stocked: bool
    items: tuple[ItemFacts, ...]
    components: tuple[ComponentFacts, ...]

    @property
    def content_hash(self) -> bytes:
        """Equal where nothing has changed."""
        own = (self.display_name, self.brand, self.family, self.subfamily, self.collection)
        rest = [str(self.vat_rate.normalize()), str(self.stocked)]
        for item in self.items:
            rest += ["item", item.code, item.colour, item.size]
        for component in self.components:
            rest += ["part", component.item, str(component.quantity.normalize())]
        return sha256("\x1f".join((*own, *rest)).encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueBatch:
    """What one message brings; a code stands once in each kind."""

    stores: tuple[StoreFacts, ...] = ()
    suppliers: tuple[SupplierFacts, ...] = ()
    brands: tuple[BrandFacts, ...] = ()
    models: tuple[ModelFacts, ...] = ()

    def __len__(self) -> int:
        return len(self.stores) + len(self.suppliers) + len(self.brands) + len(self.models)
