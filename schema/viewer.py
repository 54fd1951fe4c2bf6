"""The caller, and how the services are."""

from __future__ import annotations

import strawberry

from adapters.health import Health, LimitStanding
from adapters.http.breaker import BreakerState
from adapters.principal import Principal
from adapters.services import Service
from resolvers import cloud_accounts, executions, viewer
from schema.cloud_accounts import Plan
from schema.executions import Usage
from schema.roles import VIEWER
from schema.view import edge, plain, view


@view(LimitStanding, "How a limit of a service stands, to the token that the gateway asks with.")
class ServiceLimit:
    """How a limit of a service stands, to the token that the gateway asks with."""

    name: str = plain("What is limited: `all` calls that no other limit covers, or those of one kind.")
    calls: int = plain("How many calls it allows.")
    seconds: float = plain("Within how many seconds it allows them.")
    remaining: int = plain("How many calls are left right now.")


@view(viewer.ServiceStatus, "Where a service's data comes from right now.")
class ServiceStatus:
    """Where a service's data comes from right now."""

    service: Service = plain("The service.")
    adapter: str = plain("The adapter in use: `local`, or `rest` and its address.")
    health: Health = plain("Whether it can be used.")
    message: str | None = plain("What is wrong, and how to mend it.")
    latency_ms: float | None = plain("How long it took to answer, in milliseconds.")
    rate_limit_remaining: int | None = plain("Calls that are left of its limit right now, where it has one.")
    breaker: BreakerState | None = plain("Whether calls go through to it; null where it is no upstream.")
    limits: list[ServiceLimit] = plain("What it allows, limit by limit; empty where it is no upstream.")


@view(Principal, "The caller.")
class Viewer:
    """The caller."""

    id: strawberry.ID = plain("The caller's id.")
    name: str = plain("The caller's name.")
    tenant: str = plain("Whom the caller belongs to.")
    roles: list[str] = plain("What the caller may do.")
    usage: Usage | None = edge(executions.usage, "How much of the month's rules the caller has used.", VIEWER)
    plan: Plan | None = edge(cloud_accounts.plan, "What the tenant has subscribed to at CloudLink.", VIEWER)
