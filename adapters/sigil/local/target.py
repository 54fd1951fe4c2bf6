"""Reading what to scan: `npm:express@4.18.2`, `pypi:requests==2.32.3`, or a path on the command line."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from adapters.errors import InvalidInput
from adapters.sigil.local.material import Ecosystem, Target

LONGEST = 1000
"""How many characters a target may have."""

_SHOWN = 120
_NPM_NAME = re.compile(r"(?:@[A-Za-z0-9~_-][A-Za-z0-9._~-]*/)?[A-Za-z0-9~_-][A-Za-z0-9._~!'()*-]*")
_NPM_SPECIFIER = re.compile(r"[A-Za-z0-9 .,*^~<>=|+_-]*")
_NPM_NAME_LENGTH = 214
_NPM_SPECIFIER_LENGTH = 256
"""Longer ranges take seconds to be compared with all versions of a package."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def parse_target(text: str, *, files_allowed: bool = False) -> Target:
    """Read a target; a path is one only if `files_allowed`. Raises `InvalidInput` that names the value and the cure."""
    wanted = text.strip()
    if len(wanted) > LONGEST or _CONTROL.search(wanted):
        raise _invalid(wanted, f"holds control characters or more than {LONGEST} characters", "Give a package's name")
    ecosystem, colon, rest = wanted.partition(":")
    if files_allowed and _is_path(wanted, ecosystem):
        return Target(ecosystem=Ecosystem.FILE, name=str(Path(wanted.removeprefix("file:")).expanduser()))
    match ecosystem.lower() if colon else "":
        case Ecosystem.NPM:
            return _npm(wanted, rest.strip())
        case Ecosystem.PYPI:
            return _pypi(wanted, rest.strip())
        case Ecosystem.FILE:
            raise _invalid(wanted, "is a path", "Files are scanned from the command line only: trigraph scan PATH")
    cure = "Write npm:express@4.18.2 or pypi:requests==2.32.3"
    raise _invalid(wanted, "names no registry", cure + (", or a path that exists" if files_allowed else ""))


def _is_path(wanted: str, ecosystem: str) -> bool:
    if ecosystem == Ecosystem.FILE:
        return len(wanted) > len("file:")
    try:
        return ecosystem not in (Ecosystem.NPM, Ecosystem.PYPI) and Path(wanted).expanduser().exists()
    except (OSError, RuntimeError):
        return False


def _npm(wanted: str, rest: str) -> Target:
    at = rest.find("@", 1)
    name, specifier = (rest, "") if at < 0 else (rest[:at], rest[at + 1 :].strip())
    if not _NPM_NAME.fullmatch(name) or len(name) > _NPM_NAME_LENGTH:
        raise _invalid(wanted, "holds no name that a package on npm can have", "Write npm:name@version, scope and all")
    if len(specifier) > _NPM_SPECIFIER_LENGTH:
        fault = f"asks for versions in more than {_NPM_SPECIFIER_LENGTH} characters"
        raise _invalid(wanted, fault, "Write a version, a range as ^1.2, or a tag as next")
    if not _NPM_SPECIFIER.fullmatch(specifier):
        cure = "Only packages of a registry are fetched: write a version, a range as ^1.2, or a tag as next"
        raise _invalid(wanted, "asks for something that is no version", cure)
    return Target(ecosystem=Ecosystem.NPM, name=name, specifier=specifier)


def _pypi(wanted: str, rest: str) -> Target:
    try:
        requirement = Requirement(rest)
    except InvalidRequirement:
        cure = "Write pypi:requests, pypi:requests==2.32.3 or pypi:requests>=2,<3"
        raise _invalid(wanted, "is no requirement that pip would read", cure) from None
    if requirement.url or requirement.marker:
        raise _invalid(
            wanted, "holds an address or a marker", "Write the name and the version only, as requests==2.32.3"
        )
    name = canonicalize_name(requirement.name)
    return Target(ecosystem=Ecosystem.PYPI, name=name, specifier=str(requirement.specifier))


def _invalid(wanted: str, fault: str, cure: str) -> InvalidInput:
    shown = _CONTROL.sub("?", wanted)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    return InvalidInput("validation_error", f"The target {shown!r} {fault}. {cure}.", "target")
