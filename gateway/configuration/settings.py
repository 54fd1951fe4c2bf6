"""Settings: one table of name, default and sentence, read from the environment as `TRIGRAPH_<NAME>`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from pydantic import BaseModel, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.commands.failing import CommandFailed
from gateway.configuration.access_settings import AccessSettings
from gateway.configuration.edge_settings import EdgeSettings
from gateway.configuration.engine_settings import EngineSettings
from gateway.configuration.http_settings import HttpSettings
from gateway.configuration.safety_settings import SafetySettings
from gateway.configuration.service_settings import ServiceSettings
from gateway.configuration.setting_values import PostgresUrl, parts_of
from gateway.configuration.streaming_settings import StreamingSettings

if TYPE_CHECKING:
    from adapters.context import CloudLinkOptions

PREFIX = "TRIGRAPH_"


class SettingsError(CommandFailed):
    """A setting can't be used; the message names it, its value and the cure."""


class PlaceSettings(BaseModel):
    """Where the gateway listens and keeps its data."""

    host: str = Field("127.0.0.1", description="Address to listen on; any but loopback needs keys.")
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
        description="Keys of those who may call, separated by commas; `trigraph keys entry NAME` makes one. "
        "Without any, and without keys in the store, everyone on loopback is the local principal.",
    )
    database_url: PostgresUrl = Field(
        SecretStr(""),
        description="`postgresql://…` for several processes, by the extra `postgres`; empty: SQLite in the data "
        "folder.",
    )


class Settings(
    StreamingSettings,
    SafetySettings,
    HttpSettings,
    EdgeSettings,
    EngineSettings,
    ServiceSettings,
    AccessSettings,
    PlaceSettings,
    BaseSettings,
):
    """What an operator can set, in the order of the bases from the last to the first.

    A wrong value raises SettingsError through `read_settings`.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True)

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
        return frozenset(parts_of(self.fetch_allowed.lower()))

    @property
    def cloudlink_options(self) -> CloudLinkOptions:
        """What only CloudLink's adapters read."""
        from adapters.context import CloudLinkOptions

        return CloudLinkOptions(
            tenant=self.cloudlink_tenant,
            encryption_keys=parts_of(self.encryption_key.get_secret_value()),
            aws_endpoint_url=self.aws_endpoint_url,
            executed_actions=frozenset(parts_of(self.execute_actions)),
            webhooks_allowed=frozenset(parts_of(self.webhooks_allowed.lower())),
            webhook_secret=self.cloudlink_webhook_secret.get_secret_value(),
            schedule=self.cloudlink_schedule,
        )


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
    }
    for name, field in Settings.model_fields.items():
        default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
        shown = defaults.get(name) or (f"`{default}`" if default not in ("", None) else "*(empty)*")
        rows.append(f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(rows)
