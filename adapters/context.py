"""What every adapter is built with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from adapters.durable import DurableWork
from adapters.http.tokens import TokenSource
from adapters.store.database import Database
from adapters.workers import Workers


@dataclass(frozen=True, kw_only=True)
class CloudLinkOptions:
    """Settings that only CloudLink's adapters read.

    `tenant` is whose the account behind `token` is, over REST; `encryption_keys` are Fernet's, the first one encrypts;
    `executed_actions` are the action types that are really executed; `webhooks_allowed` are private `host:port` pairs
    that webhooks may go to; `webhook_secret` signs what CloudLink sends in; `schedule` is the cron expression, in UTC,
    of what happens by itself.
    """

    tenant: str = "local"
    encryption_keys: tuple[str, ...] = ()
    aws_endpoint_url: str = ""
    executed_actions: frozenset[str] = frozenset()
    webhooks_allowed: frozenset[str] = frozenset()
    webhook_secret: str = ""
    schedule: str = "*/30 * * * *"

    def __repr__(self) -> str:
        return "CloudLinkOptions(…)"


@dataclass(frozen=True, kw_only=True)
class AdapterContext:
    """The collaborators of an adapter; `location` and `token` are its own settings, the rest is shared.

    `location` is empty for the local implementation, a URL for REST, or the name of an entry point. `tokens` knows
    those of tenants, and `own_tokens` says that callers may bring theirs. `calls_per_minute` replaces the documented
    general limit of the upstream.
    """

    location: str
    token: str | None = field(repr=False)
    cache_dir: Path
    database: Database
    durable: DurableWork
    workers: Workers
    nvd_url: str
    nvd_api_key: str | None = field(repr=False)
    attack_bundle: Path | None
    fetch_allowed: frozenset[str]
    npm_registry: str = ""
    pypi_index: str = ""
    cloudlink: CloudLinkOptions = CloudLinkOptions()
    tokens: TokenSource | None = None
    own_tokens: bool = False
    calls_per_minute: int | None = None

    @property
    def takes_tokens(self) -> bool:
        """Whether a caller may have another token than the service's own setting."""
        return self.tokens is not None or self.own_tokens
