"""Settings: one table of name, default and sentence, read from the environment as `TRIGRAPH_<NAME>`."""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.failing import CommandFailed

if TYPE_CHECKING:
    from adapters.context import CloudLinkOptions

PREFIX = "TRIGRAPH_"
ENCRYPTION_KEY_BYTES = 32
EXECUTABLE_ACTIONS = ("stop_idle_ec2", "close_open_ssh", "close_open_rdp")


class SettingsError(CommandFailed):
    """A setting can't be used; the message names it, its value and the cure."""


class Settings(BaseSettings):
    """What an operator can set; a wrong value raises SettingsError through `read_settings`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True)

    host: str = Field("127.0.0.1", description="Address to listen on; any but loopback needs `TRIGRAPH_API_KEYS`.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    data_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("trigraph"),
        description="Folder of the embedded data.",
    )
    cache_dir: Path | None = Field(
        None,
        description="Folder of what can be built again, such as the technique model; empty: within the data folder.",
    )
    api_keys: SecretStr = Field(
        SecretStr(""),
        description="Keys of those who may call, separated by commas; `trigraph key NAME` makes one. "
        "Empty: everyone on loopback is the local principal.",
    )
    database_url: SecretStr = Field(
        SecretStr(""), description="`postgresql://…` for several processes; empty: SQLite in the data folder."
    )
    cloudsigma: str = Field(
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
    sigil: str = Field(
        "", description="Sigil's adapter. Empty: local, a URL: REST, a name: an entry point of `trigraph.adapters`."
    )
    sigil_token: SecretStr = Field(SecretStr(""), description="Bearer token for Sigil over REST.")
    sigil_limit: int | None = Field(
        None, ge=1, description="Calls a minute that Sigil admits of a token; empty: 100, as documented."
    )
    cloudlink: str = Field(
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
    cloudlink_schedule: str = Field(
        "*/30 * * * *",
        pattern=r"^\S+( \S+){4}$",
        description="When accounts are scanned, deploys judged and budgets checked: a cron expression, in UTC.",
    )
    token_passthrough: bool = Field(
        False,
        description="Whether callers may bring their own tokens of services, as `X-Trigraph-<Service>-Token`: in a "
        "header, or on a socket in `connection_init`.",
    )
    encryption_key: SecretStr = Field(
        SecretStr(""),
        description="Key that stored credentials are encrypted with, `trigraph encryption-key` makes one; "
        "several, separated by commas: the first encrypts, all decrypt.",
    )
    aws_endpoint_url: str = Field("", description="Where AWS is reached instead of at its own addresses.")
    execute_actions: str = Field(
        "",
        description="Action types that are really executed once approved, separated by commas, of `stop_idle_ec2`, "
        "`close_open_ssh` and `close_open_rdp`; all others are dry runs.",
    )
    webhooks_allowed: str = Field(
        "", description="Private `host:port` pairs that webhooks may be sent to, separated by commas."
    )
    npm_registry: str = Field("", description="Where npm packages are fetched from; empty: as npm is configured here.")
    pypi_index: str = Field(
        "", description="Simple index that Python packages are fetched from; empty: as pip is configured here."
    )
    workers: int = Field(
        default_factory=lambda: min(2, os.cpu_count() or 1),
        ge=1,
        le=64,
        description="Processes that analyse reports and packages.",
    )
    executor_id: str = Field(
        "local",
        pattern=r"^[A-Za-z0-9._-]{1,64}$",
        description="This process's own stable name, where several share a database.",
    )
    nvd_url: str = Field("https://services.nvd.nist.gov", description="Where CVE records are looked up.")
    nvd_api_key: SecretStr = Field(SecretStr(""), description="API key of the NVD, which raises its rate limit.")
    attack_bundle: Path | None = Field(None, description="A newer ATT&CK release as a STIX 2.1 bundle; empty: 18.1.")
    fetch_allowed: str = Field(
        "", description="Private `host:port` pairs that reports may be fetched from, separated by commas."
    )
    operation_seconds: float = Field(
        15.0,
        gt=0,
        le=300,
        description="How long a query or a mutation may take; what is not there by then is an error, the rest is data.",
    )
    log_format: str = Field(
        "",
        pattern=r"^(json|text)?$",
        description="`json` or `text`; empty: text where the log goes to a terminal, else JSON.",
    )
    metrics: bool = Field(
        True, description="Whether `/metrics` is there for Prometheus; with keys it needs one with the role `metrics`."
    )
    shutdown_seconds: int = Field(
        10, ge=0, le=300, description="How long running requests may take after a stop signal."
    )

    @field_validator("cloudsigma", "nvd_url", "sigil", "cloudlink", "npm_registry", "pypi_index", "aws_endpoint_url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if "://" not in value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("a URL has http or https and a host")
        if "@" in parts.netloc:
            raise ValueError("a URL here holds no password, as it is shown: a token has its own setting")
        return value

    @field_validator("attack_bundle")
    @classmethod
    def _is_file(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError("there is no such file")
        return value

    @field_validator("fetch_allowed", "webhooks_allowed")
    @classmethod
    def _is_pairs(cls, value: str) -> str:
        for pair in value.split(","):
            host, _, port = pair.strip().rpartition(":")
            if pair.strip() and not (host and port.isdecimal()):
                raise ValueError(f"{pair.strip()!r} is no host:port")
        return value

    @field_validator("encryption_key")
    @classmethod
    def _is_keys(cls, value: SecretStr) -> SecretStr:
        for key in _parts(value.get_secret_value()):
            try:
                size = len(base64.urlsafe_b64decode(key))
            except (ValueError, binascii.Error):
                size = 0
            if size != ENCRYPTION_KEY_BYTES:
                raise ValueError("it is no key as `trigraph encryption-key` makes it")
        return value

    @field_validator("execute_actions")
    @classmethod
    def _is_action_types(cls, value: str) -> str:
        for action_type in _parts(value):
            if action_type not in EXECUTABLE_ACTIONS:
                raise ValueError(f"{action_type!r} is no action type that can be executed")
        return value

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        if url and not (url.startswith(("postgresql://", "postgres://")) and urlsplit(url).hostname):
            raise ValueError("it is no `postgresql://USER:PASSWORD@HOST/DATABASE`")
        return value

    def prepare_folders(self) -> None:
        """Make the folders of data and cache; raises SettingsError where they can't be written."""
        for name, folder in (("DATA_DIR", self.data_dir), ("CACHE_DIR", self.engine_cache)):
            try:
                folder.mkdir(parents=True, exist_ok=True)
                problem = None if os.access(folder, os.W_OK) else "it can't be written"
            except OSError as error:
                problem = error.strerror
            if problem:
                raise SettingsError(
                    f"{PREFIX}{name} is {str(folder)!r}: {problem}. Name a folder that you may write to"
                )

    @property
    def database(self) -> str:
        """The database's URL, embedded or not."""
        from adapters.store.database import sqlite_url

        return self.database_url.get_secret_value() or sqlite_url(self.data_dir)

    @property
    def durable_database(self) -> str:
        """The URL of the database of durable work, as DBOS takes it."""
        from sqlalchemy import URL

        given = self.database_url.get_secret_value()
        if given:
            return given.replace("postgres://", "postgresql://")
        file = URL.create("sqlite", database=str(self.data_dir / "workflows.sqlite3"))
        return file.render_as_string(hide_password=False)

    @property
    def engine_cache(self) -> Path:
        """The folder of what can be built again."""
        return self.cache_dir or self.data_dir / "cache"

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """The private addresses that may be fetched from."""
        return frozenset(_parts(self.fetch_allowed.lower()))

    @property
    def cloudlink_options(self) -> CloudLinkOptions:
        """What only CloudLink's adapters read."""
        from adapters.context import CloudLinkOptions

        return CloudLinkOptions(
            tenant=self.cloudlink_tenant,
            encryption_keys=_parts(self.encryption_key.get_secret_value()),
            aws_endpoint_url=self.aws_endpoint_url,
            executed_actions=frozenset(_parts(self.execute_actions)),
            webhooks_allowed=frozenset(_parts(self.webhooks_allowed.lower())),
            webhook_secret=self.cloudlink_webhook_secret.get_secret_value(),
            schedule=self.cloudlink_schedule,
        )


def _parts(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def read_settings(**given: object) -> Settings:
    """Read the environment, with what the command line gave on top; raises SettingsError."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type] # validated
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(problem) for problem in error.errors())) from None


def _sentence(problem: object) -> str:
    assert isinstance(problem, dict)  # noqa: S101 - pydantic's shape
    name = str(problem["loc"][0])
    secret = isinstance(Settings.model_fields[name].default, SecretStr)
    value = "(secret)" if secret or "@" in str(problem["input"]) else repr(problem["input"])
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{PREFIX}{name.upper()} is {value}: {message}. {Settings.model_fields[name].description}"


def settings_table() -> str:
    """Write the table of settings as the README shows it."""
    rows = ["| setting | default | what it does |", "|---|---|---|"]
    defaults = {
        "data_dir": "the user's data folder",
        "workers": "2, or 1 on one core",
        "attack_bundle": "*(empty)*",
        "cache_dir": "*(empty)*",
        **{f"{service}_limit": "*(empty)*" for service in ("cloudsigma", "sigil", "cloudlink")},
    }
    for name, field in Settings.model_fields.items():
        default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
        shown = defaults.get(name) or (f"`{default}`" if default != "" else "*(empty)*")
        rows.append(f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(rows)
