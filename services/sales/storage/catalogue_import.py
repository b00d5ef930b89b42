"""Import of the catalogue: one message's rows checked against what is there, then stored in a few statements."""

from collections.abc import Sequence

import sqlalchemy as sa

from chassis.errors import FieldProblem, InvalidInput
from services.sales.domain.catalogue import CatalogueBatch
from services.sales.storage.arrays import numbers, texts

#: One import at a time: what a message names must not change under it.
LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtext('sales.catalogue'))")

ENTITIES = sa.text(
    """
    INSERT INTO legal_entity (code, currency)
    SELECT DISTINCT * FROM unnest(CAST(:entities AS text[]), CAST(:currencies AS text[]))
    ON CONFLICT (code, currency) DO NOTHING
    """
)
PREFIXES = sa.text(
    "INSERT INTO voucher_prefix (prefix) SELECT unnest(CAST(:prefixes AS text[])) ON CONFLICT (prefix) DO NOTHING"
)
#: In the order in which everybody locks stores.
LOCK_STORES = sa.text("SELECT id FROM store WHERE code = ANY(CAST(:codes AS text[])) ORDER BY id FOR NO KEY UPDATE")
#: Ids follow the order given: what is numbered or dealt with in their order is the same whatever plan is chosen.
STORES = sa.text(
    """
    INSERT INTO store (code, display_name, legal_entity_id, voucher_prefix)
    SELECT new.code, name, legal_entity.id, prefix
    FROM unnest(CAST(:codes AS text[]), CAST(:names AS text[]), CAST(:entities AS text[]),
        CAST(:currencies AS text[]), CAST(:prefixes AS text[]))
        WITH ORDINALITY AS new(code, name, entity, currency, prefix, place)
    JOIN legal_entity ON (legal_entity.code, legal_entity.currency) = (new.entity, new.currency)
    ORDER BY place
    ON CONFLICT (code) DO UPDATE SET display_name = excluded.display_name,
        legal_entity_id = excluded.legal_entity_id, voucher_prefix = excluded.voucher_prefix
    WHERE (store.display_name, store.legal_entity_id, store.voucher_prefix)
        IS DISTINCT FROM (excluded.display_name, excluded.legal_entity_id, excluded.voucher_prefix)
    """
)
MOVED_STORES = sa.text(
    """
    SELECT store.code FROM store JOIN legal_entity ON legal_entity.id = legal_entity_id
    JOIN unnest(CAST(:codes AS text[]), CAST(:entities AS text[]), CAST(:currencies AS text[]))
        AS new(code, entity, currency) ON new.code = store.code
    WHERE (legal_entity.code, legal_entity.currency) <> (new.entity, new.currency)
        AND (EXISTS (SELECT 1 FROM stock_level WHERE store_id = store.id)
            OR EXISTS (SELECT 1 FROM ticket WHERE store_id = store.id))
    """
)
TAKEN_PREFIXES = sa.text(
    """
    SELECT new.code, store.code AS owner FROM store
    JOIN unnest(CAST(:codes AS text[]), CAST(:prefixes AS text[])) AS new(code, prefix)
        ON new.prefix = store.voucher_prefix AND new.code <> store.code
    """
)
SUPPLIERS = sa.text(
    """
    INSERT INTO supplier (code, display_name, defectives_policy)
    SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:names AS text[]), CAST(:policies AS text[]))
    ON CONFLICT (code) DO UPDATE SET display_name = excluded.display_name,
        defectives_policy = excluded.defectives_policy
    WHERE (supplier.display_name, supplier.defectives_policy)
        IS DISTINCT FROM (excluded.display_name, excluded.defectives_policy)
    """
)
BRANDS = sa.text(
    """
    INSERT INTO brand (code, display_name) SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:names AS text[]))
    ON CONFLICT (code) DO UPDATE SET display_name = excluded.display_name
    WHERE brand.display_name <> excluded.display_name
    RETURNING code
    """
)
BRAND_SUPPLIERS = sa.text(
    """
    WITH new AS (
        SELECT brand.id AS brand_id, supplier.id AS supplier_id
        FROM unnest(CAST(:brands AS text[]), CAST(:suppliers AS text[])) AS new(brand, supplier)
        JOIN brand ON brand.code = new.brand JOIN supplier ON supplier.code = new.supplier
    ), gone AS (
        DELETE FROM brand_supplier USING brand
        WHERE brand.id = brand_supplier.brand_id AND brand.code = ANY(CAST(:brands AS text[]))
            AND NOT EXISTS (SELECT 1 FROM new WHERE new.brand_id = brand_supplier.brand_id
                AND new.supplier_id = brand_supplier.supplier_id)
        RETURNING brand.code
    ), come AS (
        INSERT INTO brand_supplier (brand_id, supplier_id) SELECT brand_id, supplier_id FROM new
        ON CONFLICT DO NOTHING RETURNING brand_id
    )
    SELECT code FROM gone UNION SELECT brand.code FROM come JOIN brand ON brand.id = come.brand_id
    """
)
MODELS = sa.text(
    """
    INSERT INTO model (code, display_name, brand_id, family, subfamily, collection, vat_rate, stocked, content_hash)
    SELECT new.code, name, brand.id, family, subfamily, collection, vat_rate, stocked, content_hash
    FROM unnest(CAST(:codes AS text[]), CAST(:names AS text[]), CAST(:brands AS text[]), CAST(:families AS text[]),
        CAST(:subfamilies AS text[]), CAST(:collections AS text[]), CAST(:rates AS numeric[]),
        CAST(:stocked AS boolean[]), CAST(:hashes AS bytea[]))
        WITH ORDINALITY AS new(code, name, brand, family, subfamily, collection, vat_rate, stocked, content_hash, place)
    JOIN brand ON brand.code = new.brand
    ORDER BY place
    ON CONFLICT (code) DO UPDATE SET display_name = excluded.display_name, brand_id = excluded.brand_id,
        family = excluded.family, subfamily = excluded.subfamily, collection = excluded.collection,
        vat_rate = excluded.vat_rate, stocked = excluded.stocked, content_hash = excluded.content_hash
    WHERE model.content_hash <> excluded.content_hash
    RETURNING code
    """
)
ITEMS = sa.text(
    """
    INSERT INTO item (code, model_id, colour, size)
    SELECT new.code, model.id, colour, size
    FROM unnest(CAST(:codes AS text[]), CAST(:models AS text[]), CAST(:colours AS text[]), CAST(:sizes AS text[]))
        WITH ORDINALITY AS new(code, model, colour, size, place) JOIN model ON model.code = new.model
    ORDER BY place
    ON CONFLICT (code) DO UPDATE SET colour = excluded.colour, size = excluded.size
    """
)
ITEM_OWNERS = sa.text(
    "SELECT item.code, model.code AS owner FROM item JOIN model ON model.id = item.model_id"
    " WHERE item.code = ANY(CAST(:codes AS text[]))"
)
NO_COMPONENTS = sa.text(
    "DELETE FROM kit_component USING model"
    " WHERE model.id = kit_component.model_id AND model.code = ANY(CAST(:models AS text[]))"
)
COMPONENTS = sa.text(
    """
    INSERT INTO kit_component (model_id, item_id, quantity)
    SELECT model.id, item.id, quantity
    FROM unnest(CAST(:models AS text[]), CAST(:items AS text[]), CAST(:quantities AS numeric[]))
        AS new(model, item, quantity)
    JOIN model ON model.code = new.model JOIN item ON item.code = new.item
    """
)


def replace_catalogue(connection: sa.Connection, batch: CatalogueBatch) -> int:
    """Stores what comes under its codes; answers how many rows were new or changed."""
    connection.execute(LOCK)
    changed = 0
    if batch.stores:
        changed += _stores(connection, batch)
    if batch.suppliers:
        policies = [supplier.defectives_policy.value for supplier in batch.suppliers]
        values = {
            "codes": texts([supplier.code for supplier in batch.suppliers]),
            "names": texts([supplier.display_name for supplier in batch.suppliers]),
            "policies": texts(policies),
        }
        changed += connection.execute(SUPPLIERS, values).rowcount
    if batch.brands:
        changed += _brands(connection, batch)
    if batch.models:
        changed += _models(connection, batch)
    return changed


def _known(connection: sa.Connection, table: str, codes: Sequence[str]) -> set[str]:
    query = sa.text(f"SELECT code FROM {table} WHERE code = ANY(CAST(:codes AS text[]))")  # noqa: S608 - a name of ours
    return set(connection.execute(query, {"codes": texts(codes)}).scalars())


def _check(problems: Sequence[FieldProblem]) -> None:
    if problems:
        raise InvalidInput(*problems[:100])


def _stores(connection: sa.Connection, batch: CatalogueBatch) -> int:
    places = {store.code: index for index, store in enumerate(batch.stores)}
    values = {
        "codes": texts([store.code for store in batch.stores]),
        "names": texts([store.display_name for store in batch.stores]),
        "entities": texts([store.legal_entity for store in batch.stores]),
        "currencies": texts([store.currency for store in batch.stores]),
        "prefixes": texts([store.voucher_prefix for store in batch.stores]),
    }
    connection.execute(LOCK_STORES, values)
    problems = [
        FieldProblem(
            f"stores[{places[code]}].legal_entity",
            f"store {code} has stock or tickets; its legal entity and currency can no longer change",
        )
        for code in connection.execute(MOVED_STORES, values).scalars()
    ]
    problems += [
        FieldProblem(f"stores[{places[row.code]}].voucher_prefix", f"belongs to store {row.owner}; give another")
        for row in connection.execute(TAKEN_PREFIXES, values)
    ]
    _check(problems)
    connection.execute(ENTITIES, values)
    connection.execute(PREFIXES, values)
    return connection.execute(STORES, values).rowcount


def _brands(connection: sa.Connection, batch: CatalogueBatch) -> int:
    named = [(brand.code, supplier) for brand in batch.brands for supplier in brand.suppliers]
    known = _known(connection, "supplier", sorted({supplier for _, supplier in named}))
    _check(
        [
            FieldProblem(f"brands[{index}].suppliers[{place}]", f"no supplier has the code {supplier}; send it first")
            for index, brand in enumerate(batch.brands)
            for place, supplier in enumerate(brand.suppliers)
            if supplier not in known
        ]
    )
    values = {
        "codes": texts([brand.code for brand in batch.brands]),
        "names": texts([brand.display_name for brand in batch.brands]),
    }
    changed = set(connection.execute(BRANDS, values).scalars())
    links = {"brands": texts([brand for brand, _ in named]), "suppliers": [supplier for _, supplier in named]}
    changed |= set(connection.execute(BRAND_SUPPLIERS, links).scalars())
    return len(changed)


def _models(connection: sa.Connection, batch: CatalogueBatch) -> int:
    _check_models(connection, batch)
    models = batch.models
    values = {
        "codes": texts([model.code for model in models]),
        "names": texts([model.display_name for model in models]),
        "brands": texts([model.brand for model in models]),
        "families": texts([model.family for model in models]),
        "subfamilies": texts([model.subfamily for model in models]),
        "collections": texts([model.collection for model in models]),
        "rates": numbers([model.vat_rate for model in models]),
        "stocked": numbers([model.stocked for model in models]),
        "hashes": texts([f"\\x{model.content_hash.hex()}" for model in models]),
    }
    changed = set(connection.execute(MODELS, values).scalars())
    items = [(model.code, item) for model in models if model.code in changed for item in model.items]
    connection.execute(
        ITEMS,
        {
            "codes": texts([item.code for _, item in items]),
            "models": texts([model for model, _ in items]),
            "colours": texts([item.colour for _, item in items]),
            "sizes": texts([item.size for _, item in items]),
        },
    )
    parts = [(model.code, part) for model in models if model.code in changed for part in model.components]
    connection.execute(NO_COMPONENTS, {"models": texts(changed)})
    if parts:
        connection.execute(
            COMPONENTS,
            {
                "models": texts([model for model, _ in parts]),
                "items": texts([part.item for _, part in parts]),
                "quantities": numbers([part.quantity for _, part in parts]),
            },
        )
    return len(changed)


def _check_models(connection: sa.Connection, batch: CatalogueBatch) -> None:
    brands = _known(connection, "brand", sorted({model.brand for model in batch.models}))
    codes = {item.code for model in batch.models for item in model.items}
    parts = {part.item for model in batch.models for part in model.components}
    found = connection.execute(ITEM_OWNERS, {"codes": texts(codes | parts)})
    owners: dict[str, str] = {row.code: row.owner for row in found}
    problems = []
    for index, model in enumerate(batch.models):
        if model.brand not in brands:
            problems.append(
                FieldProblem(f"models[{index}].brand", f"no brand has the code {model.brand}; send it first")
            )
        for place, item in enumerate(model.items):
            if owners.get(item.code, model.code) != model.code:
                problems.append(
                    FieldProblem(
                        f"models[{index}].items[{place}].code",
                        f"{item.code} is an item of model {owners[item.code]}; an item stays with its model",
                    )
                )
        for place, part in enumerate(model.components):
            if part.item not in owners and part.item not in codes:
                problems.append(
                    FieldProblem(
                        f"models[{index}].components[{place}].item",
                        f"no item has the code {part.item}; send its model first",
                    )
                )
    _check(problems)
