"""What a provenance attestation claims: whose bytes it is about, and the repository that it says they come from.

Claims are compared with the archive at hand. Signatures are not verified: that takes sigstore's trust roots.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from adapters.http.rows import UNREADABLE
from adapters.sigil.local.material import Attestation
from adapters.sigil.local.registry.repositories import repository_url

_FORGES = {"GitHub": "https://github.com/", "GitLab": "https://gitlab.com/"}
_HASHES = ("sha512", "sha256")
_PROVENANCE = "slsa.dev/provenance"


@dataclass(frozen=True)
class Claim:
    """What the attestations of one archive say of it."""

    attestation: Attestation = Attestation.UNKNOWN
    repository: str | None = None


class _Subject(msgspec.Struct, frozen=True):
    digest: dict[str, str] = {}


class _Statement(msgspec.Struct, frozen=True):
    subject: tuple[_Subject, ...] = ()
    predicate: Any = None


class _Envelope(msgspec.Struct, frozen=True):
    payload: str


class _Bundle(msgspec.Struct, frozen=True, rename="camel"):
    dsse_envelope: _Envelope


class _NpmAttestation(msgspec.Struct, frozen=True, rename="camel"):
    predicate_type: str
    bundle: _Bundle


class _NpmAttestations(msgspec.Struct, frozen=True):
    attestations: tuple[_NpmAttestation, ...] = ()


class _PypiEnvelope(msgspec.Struct, frozen=True):
    statement: str


class _PypiAttestation(msgspec.Struct, frozen=True):
    envelope: _PypiEnvelope


class _Publisher(msgspec.Struct, frozen=True):
    kind: str = ""
    repository: str | None = None


class _PypiBundle(msgspec.Struct, frozen=True):
    publisher: _Publisher
    attestations: tuple[_PypiAttestation, ...] = ()


class _PypiProvenance(msgspec.Struct, frozen=True):
    attestation_bundles: tuple[_PypiBundle, ...] = ()


def npm_claim(document: bytes, archive: bytes) -> Claim:
    """Read npm's list of attestations about an archive; UNKNOWN where it is none that is understood."""
    try:
        read = msgspec.json.decode(document, type=_NpmAttestations)
        about = [entry for entry in read.attestations if _PROVENANCE in entry.predicate_type]
        statements = [_statement(entry.bundle.dsse_envelope.payload) for entry in about]
    except (*UNREADABLE, binascii.Error, ValueError):
        return Claim()
    return Claim(_judged(statements, archive), next(_npm_repositories(statements), None))


def pypi_claim(document: bytes, archive: bytes) -> Claim:
    """Read a file's provenance from PyPI (PEP 740); UNKNOWN where it is none that is understood."""
    try:
        read = msgspec.json.decode(document, type=_PypiProvenance)
        signed = [one for bundle in read.attestation_bundles for one in bundle.attestations]
        statements = [_statement(one.envelope.statement) for one in signed]
    except (*UNREADABLE, binascii.Error, ValueError):
        return Claim()
    publishers = (bundle.publisher for bundle in read.attestation_bundles)
    repositories = (f"{_FORGES[by.kind]}{by.repository}" for by in publishers if by.kind in _FORGES and by.repository)
    return Claim(_judged(statements, archive), next(repositories, None))


def _statement(encoded: str) -> _Statement:
    return msgspec.json.decode(base64.b64decode(encoded), type=_Statement)


def _judged(statements: Iterable[_Statement], archive: bytes) -> Attestation:
    """INVALID if the statements speak of other bytes than these."""
    digests = [subject.digest for statement in statements for subject in statement.subject]
    known = [(name, digest[name].lower()) for digest in digests for name in _HASHES if name in digest]
    if not known:
        return Attestation.UNKNOWN
    own = {name: hashlib.new(name, archive).hexdigest() for name in _HASHES}
    return Attestation.PRESENT if any(own[name] == value for name, value in known) else Attestation.INVALID


def _npm_repositories(statements: Iterable[_Statement]) -> Iterator[str]:
    ways = (
        ("buildDefinition", "externalParameters", "workflow", "repository"),
        ("invocation", "configSource", "uri"),
    )
    for statement in statements:
        for way in ways:
            if url := repository_url(_at(statement.predicate, way)):
                yield url.partition("@")[0]


def _at(value: Any, way: tuple[str, ...]) -> Any:
    for key in way:
        value = value.get(key) if isinstance(value, dict) else None
    return value
