"""How an embedded adapter says that it is well."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from adapters.health import Health, ServiceHealth
from adapters.store.database import Database
from adapters.warm_up import WarmUp


async def local_health(database: Database, warm_up: WarmUp | None = None) -> ServiceHealth:
    """Say whether the store answers and the engine, where there is one to load, can be used."""
    try:
        await database.ping()
    except (SQLAlchemyError, OSError) as error:
        message = f"The store does not answer ({type(error).__name__}): check TRIGRAPH_DATABASE_URL"
        return ServiceHealth(adapter="local", health=Health.DOWN, message=message)
    if warm_up is not None and warm_up.trouble is not None:
        message = f"The engine could not be loaded, and is tried again: {warm_up.trouble}"
        return ServiceHealth(adapter="local", health=Health.DEGRADED, message=message)
    return ServiceHealth(adapter="local", health=Health.UP)
