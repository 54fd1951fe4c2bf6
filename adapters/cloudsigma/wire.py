"""Requests and answers on CloudSigma's documented paths, as `rest.py` reads and `server.py` writes them."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from adapters.cloudsigma.models import Execution, InputType, Output

T = TypeVar("T")


class Options(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What to generate for; what is not said is left to the service."""

    target_providers: list[str] | None = None
    target_siems: list[str] | None = None
    include_ioc_rules: bool = True
    force: bool = False


class GenerateBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The body of POST /v1/generate."""

    input_type: str | None = None
    url: str | None = None
    cve_id: str | None = None
    text: str | None = None
    options: Options = Options()


class HealthAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/health."""

    status: str = "ok"


class Success(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """The envelope of an answer."""

    success: bool = True
    data: T


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What an error answer says."""

    code: str
    message: str = ""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """The envelope of an error."""

    success: bool = False
    error: Problem


class StatusAnswer(Execution, frozen=True, kw_only=True, omit_defaults=True):
    """GET /v1/status: an execution, with its output once it has succeeded."""

    output: Output | None = None


class ExecutionRow(Execution, frozen=True, kw_only=True, omit_defaults=True):
    """A line of GET /v1/executions."""

    input_type: InputType | None
    rules_generated: int
    ttps_extracted: int


class ExecutionList(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """GET /v1/executions: newest first."""

    executions: list[T] = []


class KeyBody(msgspec.Struct, frozen=True, kw_only=True):
    """The body of POST /v1/api-keys."""

    name: str


class NewApiKey(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """POST /v1/api-keys: the only answer that ever shows the key."""

    key: str
    prefix: str
    name: str
    created_at: datetime


class ApiKey(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A line of GET /v1/api-keys."""

    prefix: str
    name: str
    created_at: datetime
    last_used_at: datetime | None = None


class ApiKeys(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/api-keys: oldest first."""

    keys: list[ApiKey]


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """DELETE /v1/api-keys."""

    deleted: bool = True
