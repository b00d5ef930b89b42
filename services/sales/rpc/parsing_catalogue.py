"""The catalogue from the wire: each message parsed once into facts, every mistake named with its index."""

import re
from collections.abc import Sequence

from backroom.sales.v1 import sales_pb2
from chassis.errors import FieldProblem, InvalidInput
from services.sales.domain.catalogue import (
    BATCH,
    BrandFacts,
    CatalogueBatch,
    ComponentFacts,
    ItemFacts,
    ModelFacts,
    StoreFacts,
    SupplierFacts,
)
from services.sales.domain.states import DefectivesPolicy
from services.sales.rpc.fields import Fields

LONGEST_CODE = 100
LONGEST_TEXT = 500
PREFIX = re.compile(r"\d{3,10}", re.ASCII)
POLICY = {
    sales_pb2.Supplier.DEFECTIVES_POLICY_UNSPECIFIED: DefectivesPolicy.ADJUSTMENT,
    sales_pb2.Supplier.DEFECTIVES_POLICY_NONE: DefectivesPolicy.NONE,
    sales_pb2.Supplier.DEFECTIVES_POLICY_ADJUSTMENT: DefectivesPolicy.ADJUSTMENT,
    sales_pb2.Supplier.DEFECTIVES_POLICY_SUPPLIER_RETURN: DefectivesPolicy.SUPPLIER_RETURN,
}


def parse_catalogue(request: sales_pb2.ImportCatalogueRequest) -> CatalogueBatch:
    """Rows of one message. Raises `InvalidInput`."""
    fields = Fields()
    rows = len(request.stores) + len(request.suppliers) + len(request.brands) + len(request.models)
    if rows > BATCH:
        said = f"the message holds {rows:,} rows; send at most {BATCH:,} in one message"
        longest = max(("stores", "suppliers", "brands", "models"), key=lambda kind: len(getattr(request, kind)))
        raise InvalidInput(FieldProblem(longest, said))
    batch = CatalogueBatch(
        stores=tuple(_store(fields, each, f"stores[{index}]") for index, each in enumerate(request.stores)),
        suppliers=tuple(_supplier(fields, each, f"suppliers[{index}]") for index, each in enumerate(request.suppliers)),
        brands=tuple(_brand(fields, each, f"brands[{index}]") for index, each in enumerate(request.brands)),
        models=tuple(_model(fields, each, f"models[{index}]") for index, each in enumerate(request.models)),
    )
    _once(fields, "stores", "code", [each.code for each in batch.stores])
    _once(fields, "stores", "voucher_prefix", [each.voucher_prefix for each in batch.stores])
    _once(fields, "suppliers", "code", [each.code for each in batch.suppliers])
    _once(fields, "brands", "code", [each.code for each in batch.brands])
    _once(fields, "models", "code", [each.code for each in batch.models])
    _items_once(fields, batch.models)
    fields.check()
    return batch


def _once(fields: Fields, kind: str, name: str, values: Sequence[str]) -> None:
    seen: set[str] = set()
    for index, value in enumerate(values):
        if value in seen:
            fields.wrong(f"{kind}[{index}].{name}", f"{value!r} stands twice in this message")
        seen.add(value)


def _items_once(fields: Fields, models: Sequence[ModelFacts]) -> None:
    seen: set[str] = set()
    for index, model in enumerate(models):
        for place, item in enumerate(model.items):
            if item.code in seen:
                path = f"models[{index}].items[{place}].code"
                fields.wrong(path, f"{item.code!r} stands twice in this message")
            seen.add(item.code)


def _store(fields: Fields, message: sales_pb2.Store, path: str) -> StoreFacts:
    if not PREFIX.fullmatch(message.voucher_prefix):
        fields.wrong(f"{path}.voucher_prefix", f"{message.voucher_prefix[:30]!r} is not three to ten digits")
    return StoreFacts(
        code=fields.store(message.code, f"{path}.code"),
        display_name=fields.text(message.display_name, f"{path}.display_name", LONGEST_TEXT),
        currency=fields.currency(message.currency, f"{path}.currency"),
        legal_entity=fields.text(message.legal_entity, f"{path}.legal_entity", LONGEST_CODE, least=1),
        voucher_prefix=message.voucher_prefix,
    )


def _supplier(fields: Fields, message: sales_pb2.Supplier, path: str) -> SupplierFacts:
    policy = POLICY.get(message.defectives_policy)
    if policy is None:
        fields.wrong(f"{path}.defectives_policy", f"{message.defectives_policy} is not a policy")
    return SupplierFacts(
        code=fields.text(message.code, f"{path}.code", LONGEST_CODE, least=1),
        display_name=fields.text(message.display_name, f"{path}.display_name", LONGEST_TEXT),
        defectives_policy=policy or DefectivesPolicy.ADJUSTMENT,
    )


def _brand(fields: Fields, message: sales_pb2.Brand, path: str) -> BrandFacts:
    if not message.suppliers:
        fields.wrong(f"{path}.suppliers", "is to name one supplier or more")
    return BrandFacts(
        code=fields.text(message.code, f"{path}.code", LONGEST_CODE, least=1),
        display_name=fields.text(message.display_name, f"{path}.display_name", LONGEST_TEXT),
        suppliers=tuple(
            dict.fromkeys(
                fields.text(supplier, f"{path}.suppliers[{index}]", LONGEST_CODE, least=1)
                for index, supplier in enumerate(message.suppliers)
            )
        ),
    )


def _model(fields: Fields, message: sales_pb2.Model, path: str) -> ModelFacts:
    rate = fields.decimal(message.vat_rate.value, f"{path}.vat_rate", 3)
    if not 0 <= rate <= 100:
        fields.wrong(f"{path}.vat_rate", "is to be a percentage from 0 to 100")
    if not message.items:
        fields.wrong(f"{path}.items", "is to hold one item or more")
    own = {item.code for item in message.items}
    parts = [part.item for part in message.components]
    for index, part in enumerate(parts):
        if part in own or part in parts[:index]:
            fields.wrong(f"{path}.components[{index}].item", f"{part!r} stands twice, or is the kit itself")
    return ModelFacts(
        code=fields.text(message.code, f"{path}.code", LONGEST_CODE, least=1),
        display_name=fields.text(message.display_name, f"{path}.display_name", LONGEST_TEXT),
        brand=fields.text(message.brand, f"{path}.brand", LONGEST_CODE, least=1),
        family=fields.text(message.family, f"{path}.family", LONGEST_TEXT),
        subfamily=fields.text(message.subfamily, f"{path}.subfamily", LONGEST_TEXT),
        collection=fields.text(message.collection, f"{path}.collection", LONGEST_CODE),
        vat_rate=rate,
        stocked=message.stocked,
        items=tuple(
            ItemFacts(
                code=fields.text(item.code, f"{path}.items[{index}].code", LONGEST_CODE, least=1),
                colour=fields.text(item.colour, f"{path}.items[{index}].colour", LONGEST_CODE),
                size=fields.text(item.size, f"{path}.items[{index}].size", LONGEST_CODE),
            )
            for index, item in enumerate(message.items)
        ),
        components=tuple(
            ComponentFacts(
                item=fields.text(part.item, f"{path}.components[{index}].item", LONGEST_CODE, least=1),
                quantity=fields.positive_units(part.quantity.value, f"{path}.components[{index}].quantity"),
            )
            for index, part in enumerate(message.components)
        ),
    )
