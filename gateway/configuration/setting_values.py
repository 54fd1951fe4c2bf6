"""What values of settings are held against; each check raises ValueError with the cure."""

from __future__ import annotations

import base64
import binascii
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

ENCRYPTION_KEY_BYTES = 32
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Of keys in pairs: with one that is shared, whoever may check tokens could make them."""
CRON_FIELDS = 5
EXECUTABLE_ACTIONS = ("stop_idle_ec2", "close_open_ssh", "close_open_rdp")


def parts_of(value: str) -> tuple[str, ...]:
    """Split a list that is separated by commas."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _checked_url(value: str) -> str:
    if "://" not in value:
        return value
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("a URL has http or https and a host")
    if "@" in parts.netloc:
        raise ValueError("a URL here holds no password, as it is shown: a token has its own setting")
    return value


def _checked_origins(value: str) -> str:
    for origin in parts_of(value):
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.hostname or origin != f"{parts.scheme}://{parts.netloc}":
            raise ValueError(f"{origin!r} is no origin: write scheme, host and port if it has one, and no path or `*`")
        if "*" in origin or "@" in origin:
            raise ValueError(f"{origin!r} is no origin: each is written out, without `*` or a user")
    return value


def _checked_file(value: Path | None) -> Path | None:
    if value is not None and not value.is_file():
        raise ValueError("there is no such file")
    return value


def _checked_pairs(value: str) -> str:
    for pair in parts_of(value):
        host, _, port = pair.rpartition(":")
        if not (host and port.isdecimal()):
            raise ValueError(f"{pair!r} is no host:port")
    return value


def _checked_keys(value: SecretStr) -> SecretStr:
    for key in parts_of(value.get_secret_value()):
        try:
            size = len(base64.urlsafe_b64decode(key))
        except (ValueError, binascii.Error):
            size = 0
        if size != ENCRYPTION_KEY_BYTES:
            raise ValueError("it is no key as `trigraph encryption-key` makes it")
    return value


def _checked_action_types(value: str) -> str:
    for action_type in parts_of(value):
        if action_type not in EXECUTABLE_ACTIONS:
            raise ValueError(f"{action_type!r} is no action type that can be executed")
    return value


def _checked_provider(value: str) -> str:
    if value and not is_safe_place(value):
        raise ValueError("it is no `https://…`; http is for this machine only")
    return value


def is_safe_place(url: str) -> bool:
    """Say whether nobody on the way to a URL can change what comes from there."""
    parts = urlsplit(url)
    is_here = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    return bool(parts.hostname) and "@" not in parts.netloc and (parts.scheme == "https" or is_here)


def _checked_algorithms(value: str) -> str:
    for algorithm in parts_of(value):
        if algorithm not in SIGNATURES:
            raise ValueError(f"{algorithm!r} is none of {', '.join(SIGNATURES)}")
    if not parts_of(value):
        raise ValueError("it names no signature")
    return value


def _checked_postgres(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    if url and not (url.startswith(("postgresql://", "postgres://")) and urlsplit(url).hostname):
        raise ValueError("it is no `postgresql://USER:PASSWORD@HOST/DATABASE`")
    if url and find_spec("asyncpg") is None:
        raise ValueError("the driver is missing: install it with `pip install 'trigraph[postgres]'`")
    return value


def _checked_schedule(value: str) -> str:
    from croniter import croniter

    if len(value.split()) != CRON_FIELDS or not croniter.is_valid(value):
        raise ValueError("it is no cron expression of minute, hour, day, month and weekday")
    return value


Location = Annotated[str, AfterValidator(_checked_url)]
"""A URL without a password, or what is none at all, such as an adapter's name."""
ExistingFile = Annotated[Path | None, AfterValidator(_checked_file)]
Origins = Annotated[str, AfterValidator(_checked_origins)]
"""Origins of web pages as browsers write them, separated by commas."""
Provider = Annotated[str, AfterValidator(_checked_provider)]
SignatureAlgorithms = Annotated[str, AfterValidator(_checked_algorithms)]
HostPorts = Annotated[str, AfterValidator(_checked_pairs)]
EncryptionKeys = Annotated[SecretStr, AfterValidator(_checked_keys)]
ActionTypes = Annotated[str, AfterValidator(_checked_action_types)]
Schedule = Annotated[str, AfterValidator(_checked_schedule)]
PostgresUrl = Annotated[SecretStr, AfterValidator(_checked_postgres)]
