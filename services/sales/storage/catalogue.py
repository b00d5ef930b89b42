"""Stores and goods: read as cards, replaced in sets."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.sales.application.cards import ItemCard, StoreCard
from services.sales.domain.catalogue import CatalogueBatch
from services.sales.domain.corrections import Kit, Part
from services.sales.storage.arrays import any_number, any_text, numbers
from services.sales.storage.catalogue_import import replace_catalogue
from services.sales.storage.tables import item, kit_component, legal_entity, model, store

#: Everything that kits lead to from some models, both ways, until nothing is added.
REACHED = sa.text(
    """
    WITH RECURSIVE link AS (
        SELECT kit_component.model_id AS kit, item.model_id AS part
        FROM kit_component JOIN item ON item.id = kit_component.item_id
    ), reached AS (
        SELECT unnest(CAST(:models AS integer[])) AS model
        UNION
        SELECT other.model FROM reached, LATERAL (
            SELECT part AS model FROM link WHERE kit = reached.model
            UNION ALL SELECT kit FROM link WHERE part = reached.model) other
    )
    SELECT model FROM reached
    """
)


class CatalogueRepository:
    """The catalogue, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def replace(self, batch: CatalogueBatch) -> int:
        return replace_catalogue(self._connection, batch)

    def stores(self) -> Sequence[StoreCard]:
        cards = [_store(row) for row in self._connection.execute(_STORES)]
        return sorted(cards, key=lambda card: (int(card.code), card.code))

    def stores_by_code(self, codes: Iterable[str]) -> Mapping[str, StoreCard]:
        query = _STORES.where(store.c.code == any_text(codes))
        return {row.code: _store(row) for row in self._connection.execute(query)}

    def items_by_code(self, codes: Iterable[str]) -> Mapping[str, ItemCard]:
        query = _ITEMS.where(item.c.code == any_text(codes))
        return {row.code: _item(row) for row in self._connection.execute(query).all()}

    def items(self, ids: Iterable[int]) -> Mapping[int, ItemCard]:
        query = _ITEMS.where(item.c.id == any_number(ids))
        return {row.id: _item(row) for row in self._connection.execute(query).all()}

    def kits(self, models: Iterable[int]) -> Sequence[Kit]:
        reached = list(self._connection.execute(REACHED, {"models": numbers(models)}).scalars())
        kit, part = item.alias("kit"), item.alias("part")
        query = (
            sa.select(kit.c.id, kit.c.model_id, part.c.id, part.c.model_id, kit_component.c.quantity)
            .join(kit_component, kit_component.c.model_id == kit.c.model_id)
            .join(part, part.c.id == kit_component.c.item_id)
            .where(kit.c.model_id == any_number(reached))
            .order_by(kit.c.id, part.c.id)
        )
        parts: dict[tuple[int, int], list[Part]] = defaultdict(list)
        for kit_id, kit_model, part_id, part_model, quantity in self._connection.execute(query):
            parts[kit_id, kit_model].append(Part(item=part_id, model=part_model, quantity=quantity))
        return [Kit(item=key[0], model=key[1], parts=tuple(each)) for key, each in parts.items()]


_STORES = sa.select(
    store.c.id,
    store.c.code,
    store.c.display_name,
    legal_entity.c.currency,
    store.c.legal_entity_id,
    store.c.voucher_prefix,
).join(legal_entity)
_ITEMS = sa.select(
    item.c.id, item.c.code, item.c.model_id, model.c.display_name, model.c.collection, model.c.stocked
).join(model)


def _store(row: sa.Row[*tuple[Any, ...]]) -> StoreCard:
    return StoreCard(
        id=row.id,
        code=row.code,
        display_name=row.display_name,
        currency=row.currency,
        legal_entity=row.legal_entity_id,
        voucher_prefix=row.voucher_prefix,
    )


def _item(row: sa.Row[*tuple[Any, ...]]) -> ItemCard:
    return ItemCard(
        id=row.id,
        code=row.code,
        model=row.model_id,
        label=row.display_name,
        collection=row.collection,
        stocked=row.stocked,
    )
