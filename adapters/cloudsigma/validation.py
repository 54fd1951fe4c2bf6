"""What CloudSigma accepts as input, said once for the graph, the REST server and the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

import httpx

from adapters.cloudsigma.models import GenerateRequest, InputType, Platform, Siem
from adapters.errors import InvalidInput

MAX_TEXT_CHARACTERS = 50_000
MAX_URL_CHARACTERS = 2_048
MAX_PORT = 65_535
GRAPH_FIELDS: Mapping[str, str] = MappingProxyType({"targetProviders": "platforms", "targetSiems": "siems"})
"""The wire's field names that differ in the graph: `GRAPH_FIELDS.get(error.field, error.field)`."""

_CVE_ID = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")
_Name = TypeVar("_Name", bound=StrEnum)


def validated(
    *,
    url: str | None = None,
    cve_id: str | None = None,
    text: str | None = None,
    input_type: str | None = None,
    platforms: Sequence[str] | None = None,
    siems: Sequence[str] | None = None,
    include_ioc_rules: bool | None = None,
    force: bool | None = None,
    longest_text: int = MAX_TEXT_CHARACTERS,
) -> GenerateRequest:
    """Check raw input, where None means not given; raises `InvalidInput` with the wire's code and field name."""
    given = _only_one({InputType.URL: url, InputType.CVE: cve_id, InputType.TEXT: text})
    if input_type is not None:
        _check_type(input_type, given)
    return GenerateRequest(
        input_type=given,
        url=None if url is None else _url(url),
        cve_id=None if cve_id is None else _cve_id(cve_id),
        text=None if text is None else _text(text, longest_text),
        platforms=_names(Platform, platforms, "targetProviders", "platform"),
        siems=_names(Siem, siems, "targetSiems", "SIEM"),
        include_ioc_rules=include_ioc_rules is not False,
        force=bool(force),
    )


def _only_one(inputs: Mapping[InputType, str | None]) -> InputType:
    given = [kind for kind, value in inputs.items() if value is not None]
    if len(given) == 1:
        return given[0]
    were = f"{' and '.join(given)} were given" if given else "none was given"
    raise InvalidInput("ValidationError", f"Give exactly one of url, CVE id and text; {were}.")


def _check_type(input_type: str, given: InputType) -> None:
    if input_type not in tuple(InputType):
        known = ", ".join(InputType)
        raise InvalidInput(
            "InvalidInputType", f"There is no input type {_shown(input_type)}; known are {known}.", "inputType"
        )
    if input_type != given:
        raise InvalidInput(
            "ValidationError", f"The input type is {input_type}, but what was given is {given}.", "inputType"
        )


def _url(value: str) -> str:
    stripped = value.strip()
    if len(stripped) > MAX_URL_CHARACTERS:
        raise InvalidInput("InvalidUrl", f"The URL is longer than {MAX_URL_CHARACTERS} characters.", "url")
    try:
        parsed = httpx.URL(stripped)
    except httpx.InvalidURL as error:
        raise InvalidInput("InvalidUrl", f"{_shown(stripped)} is not a URL: {error}.", "url") from error
    if parsed.scheme not in ("http", "https") or not parsed.host or "%" in parsed.host or (parsed.port or 0) > MAX_PORT:
        raise InvalidInput(
            "InvalidUrl",
            f"{_shown(stripped)} is not an http or https URL with a host (and a port below 65,536).",
            "url",
        )
    if parsed.userinfo:
        raise InvalidInput("InvalidUrl", "A URL with a user name or password in it is not fetched.", "url")
    return stripped


def _cve_id(value: str) -> str:
    cve_id = value.strip().upper()
    if not _CVE_ID.fullmatch(cve_id):
        raise InvalidInput("InvalidCveId", f"{_shown(value)} is not a CVE id like CVE-2021-44228.", "cveId")
    return cve_id


def _text(value: str, longest: int) -> str:
    if len(value) > longest:
        raise InvalidInput(
            "InputTooLarge",
            f"The text has {len(value):,} characters; at most {longest:,} are read.",
            "text",
        )
    if not value.strip():
        raise InvalidInput("ValidationError", "The text is empty.", "text")
    return value


def _names(kind: type[_Name], names: Sequence[str] | None, field: str, called: str) -> tuple[_Name, ...]:
    if names is None:
        return tuple(kind)
    if not names:
        raise InvalidInput("ValidationError", f"The list of {called}s is empty; leave it out to get all.", field)
    known = {member.value: member for member in kind}
    for name in names:
        if name not in known:
            listed = ", ".join(known)
            raise InvalidInput("ValidationError", f"There is no {called} {_shown(name)}; known are {listed}.", field)
    return tuple(dict.fromkeys(known[name] for name in names))


def _shown(value: str, length: int = 100) -> str:
    return repr(value if len(value) <= length else f"{value[:length]}…")
