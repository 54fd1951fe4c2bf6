"""Settings of the three services: where each is, and by which tokens and keys."""

from __future__ import annotations

from pydantic import BaseModel, Field, SecretStr

from gateway.configuration.setting_values import EncryptionKeys, Location, Schedule


class ServiceSettings(BaseModel):
    """Where the services are."""

    cloudsigma: Location = Field(
        "",
        description="CloudSigma's adapter. Empty: local, a URL: REST, a name: an entry point of `trigraph.adapters`.",
    )
    cloudsigma_token: SecretStr = Field(SecretStr(""), description="Bearer token for CloudSigma over REST.")
    cloudsigma_limit: int | None = Field(
        None, ge=1, description="Calls a minute that CloudSigma admits of a token; empty: 50 a second, as documented."
    )
    cloudsigma_jwt_secret: SecretStr = Field(
        SecretStr(""), description="HS256 secret of the JWTs that `trigraph serve cloudsigma` accepts; empty: none."
    )
    sigil: Location = Field(
        "", description="Sigil's adapter. Empty: local, a URL: REST, a name: an entry point of `trigraph.adapters`."
    )
    sigil_token: SecretStr = Field(SecretStr(""), description="Bearer token for Sigil over REST.")
    sigil_limit: int | None = Field(
        None, ge=1, description="Calls a minute that Sigil admits of a token; empty: 100, as documented."
    )
    cloudlink: Location = Field(
        "",
        description="CloudLink's adapter. Empty: local, a URL: REST, a name: an entry point of `trigraph.adapters`.",
    )
    cloudlink_token: SecretStr = Field(SecretStr(""), description="Bearer token for CloudLink over REST.")
    cloudlink_limit: int | None = Field(
        None, ge=1, description="Calls a minute that CloudLink admits of a token; empty: 60, as documented."
    )
    cloudlink_tenant: str = Field(
        "local", description="The tenant whose account `TRIGRAPH_CLOUDLINK_TOKEN` belongs to; no other sees it."
    )
    cloudlink_webhook_secret: SecretStr = Field(
        SecretStr(""), description="Secret of the webhooks that CloudLink sends to `/webhooks/cloudlink`; empty: none."
    )
    cloudlink_schedule: Schedule = Field(
        "*/30 * * * *",
        description="When accounts are scanned, deploys judged and budgets checked: a cron expression, in UTC.",
    )
    token_passthrough: bool = Field(
        False,
        description="Whether callers may bring their own tokens of services, as `X-Trigraph-<Service>-Token`: in a "
        "header, or on a socket in `connection_init`.",
    )
    encryption_key: EncryptionKeys = Field(
        SecretStr(""),
        description="Key that stored credentials are encrypted with, `trigraph encryption-key` makes one; "
        "several, separated by commas: the first encrypts, all decrypt.",
    )
