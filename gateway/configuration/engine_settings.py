"""Settings of the embedded engines: what they reach, what they may do, with how many processes."""

from __future__ import annotations

import os

from pydantic import BaseModel, Field, SecretStr

from gateway.configuration.setting_values import ActionTypes, ExistingFile, HostPorts, Location


class EngineSettings(BaseModel):
    """How the embedded engines work."""

    aws_endpoint_url: Location = Field("", description="Where AWS is reached instead of at its own addresses.")
    execute_actions: ActionTypes = Field(
        "",
        description="Action types that are really executed once approved, separated by commas, of `stop_idle_ec2`, "
        "`close_open_ssh` and `close_open_rdp`; all others are dry runs.",
    )
    webhooks_allowed: HostPorts = Field(
        "", description="Private `host:port` pairs that webhooks may be sent to, separated by commas."
    )
    npm_registry: Location = Field(
        "", description="Where npm packages are fetched from; empty: as npm is configured here."
    )
    pypi_index: Location = Field(
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
    nvd_url: Location = Field("https://services.nvd.nist.gov", description="Where CVE records are looked up.")
    nvd_api_key: SecretStr = Field(SecretStr(""), description="API key of the NVD, which raises its rate limit.")
    attack_bundle: ExistingFile = Field(None, description="A newer ATT&CK release as a STIX 2.1 bundle; empty: 18.1.")
    fetch_allowed: HostPorts = Field(
        "", description="Private `host:port` pairs that reports may be fetched from, separated by commas."
    )
    history_days: int = Field(
        400,
        ge=1,
        le=36_500,
        description="How many days the gateway keeps its own history, which analytics are made of.",
    )
