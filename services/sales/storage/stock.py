"""Stock: locked per legal entity, read and changed in sets, every movement recorded."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

import sqlalchemy as sa

from chassis.database import copy_rows
from services.sales.application.cards import BookedLine
from services.sales.domain.average_cost import Holding, value_unit
from services.sales.domain.movements import EntityModel, StoreItem
from services.sales.storage.arrays import numbers

LOCK = sa.text(
    "SELECT id, currency FROM legal_entity WHERE id = ANY(CAST(:ids AS integer[])) ORDER BY id FOR NO KEY UPDATE"
)
LEVELS = sa.text(
    """
    SELECT store_id, item_id, quantity
    FROM unnest(CAST(:stores AS integer[]), CAST(:items AS integer[])) AS wanted(store_id, item_id)
    JOIN stock_level USING (store_id, item_id)
    """
)
LEVELS_OF_ITEMS = sa.text(
    "SELECT store_id, item_id, quantity FROM stock_level WHERE item_id = ANY(CAST(:items AS integer[]))"
)
HOLDINGS = sa.text(
    """
    SELECT legal_entity_id, model_id, quantity, value, cost
    FROM unnest(CAST(:entities AS integer[]), CAST(:models AS integer[])) AS wanted(legal_entity_id, model_id)
    JOIN model_cost USING (legal_entity_id, model_id)
    """
)
STORE_HOLDINGS = sa.text(
    """
    INSERT INTO model_cost (legal_entity_id, model_id, quantity, value, cost)
    SELECT * FROM unnest(CAST(:entities AS integer[]), CAST(:models AS integer[]), CAST(:quantities AS numeric[]),
        CAST(:values AS numeric[]), CAST(:costs AS numeric[]))
    ON CONFLICT (legal_entity_id, model_id) DO UPDATE
    SET quantity = excluded.quantity, value = excluded.value, cost = excluded.cost
    """
)
#: Places that are there are updated, places that are new are added: an upsert would check the new row's quantity, which
#: is a difference and may be negative.
MOVE = sa.text(
    """
    WITH delta AS (
        SELECT * FROM unnest(CAST(:stores AS integer[]), CAST(:items AS integer[]), CAST(:quantities AS numeric[]))
            AS delta(store_id, item_id, quantity)
    ), moved AS (
        UPDATE stock_level SET quantity = stock_level.quantity + delta.quantity FROM delta
        WHERE (stock_level.store_id, stock_level.item_id) = (delta.store_id, delta.item_id)
        RETURNING stock_level.store_id, stock_level.item_id
    )
    INSERT INTO stock_level (store_id, item_id, quantity)
    SELECT store_id, item_id, quantity FROM delta
    WHERE NOT EXISTS (SELECT 1 FROM moved WHERE (moved.store_id, moved.item_id) = (delta.store_id, delta.item_id))
    """
)


class StockRepository:
    """Stock, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def lock(self, legal_entities: Iterable[int]) -> Mapping[int, Decimal]:
        rows = self._connection.execute(LOCK, {"ids": numbers(set(legal_entities))}).all()
        return {row.id: value_unit(row.currency) for row in rows}

    def levels(self, places: Iterable[StoreItem]) -> dict[StoreItem, Decimal]:
        wanted = sorted(set(places))
        values = {
            "stores": numbers([place.store for place in wanted]),
            "items": numbers([place.item for place in wanted]),
        }
        rows = self._connection.execute(LEVELS, values).all()
        return {StoreItem(store, item): quantity for store, item, quantity in rows}

    def levels_of_items(self, items: Iterable[int]) -> dict[StoreItem, Decimal]:
        rows = self._connection.execute(LEVELS_OF_ITEMS, {"items": numbers(set(items))}).all()
        return {StoreItem(store, item): quantity for store, item, quantity in rows}

    def holdings(self, keys: Iterable[EntityModel]) -> dict[EntityModel, Holding]:
        wanted = sorted(set(keys))
        values = {
            "entities": numbers([key.legal_entity for key in wanted]),
            "models": numbers([key.model for key in wanted]),
        }
        rows = self._connection.execute(HOLDINGS, values).all()
        return {
            EntityModel(entity, model): Holding(quantity=quantity, value=value, cost=cost)
            for entity, model, quantity, value, cost in rows
        }

    def store_holdings(self, holdings: Iterable[tuple[EntityModel, Holding]]) -> None:
        rows = list(holdings)
        if not rows:
            return
        self._connection.execute(
            STORE_HOLDINGS,
            {
                "entities": numbers([key.legal_entity for key, _ in rows]),
                "models": numbers([key.model for key, _ in rows]),
                "quantities": numbers([holding.quantity for _, holding in rows]),
                "values": numbers([holding.value for _, holding in rows]),
                "costs": numbers([holding.cost for _, holding in rows]),
            },
        )

    def move(self, deltas: Mapping[StoreItem, Decimal]) -> None:
        rows = sorted((place, units) for place, units in deltas.items() if units)
        if not rows:
            return
        self._connection.execute(
            MOVE,
            {
                "stores": numbers([place.store for place, _ in rows]),
                "items": numbers([place.item for place, _ in rows]),
                "quantities": numbers([units for _, units in rows]),
            },
        )

    def record_sales(self, movements: Iterable[BookedLine]) -> None:
        rows = (
            (
                *(tried.line.store, tried.line.item, tried.moves, valued.value, valued.cost),
                *(tried.line.business_date, *tried.line.key),
            )
            for tried, valued in movements
        )
        columns = (
            *("store_id", "item_id", "quantity", "value", "unit_cost"),
            *("business_date", "ticket_id", "ticket_line"),
        )
        copy_rows(self._connection, "stock_movement", columns, rows)
