"""Repositories that a package claims to come from."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from adapters.sigil.local.phases.judging import BAD, DOUBTFUL, HINT, NOTE
from adapters.sigil.local.provenance.case import Case
from adapters.sigil.local.provenance.popular import popular_names
from adapters.sigil.local.provenance.typosquatting import Likeness
from adapters.sigil.models import Finding


def repositories(case: Case) -> Iterator[Finding]:
    """Hold the repository that a package names against its attestation and against its own name."""
    named, attested = case.registration.repository, case.registration.attested_repository
    if attested is not None:
        yield from _mismatch(case, named, attested)
    elif named is None:
        yield case.finding("repository-missing", NOTE, "The registry names no repository for this package.")
    else:
        yield from _borrowed(case, named)


def _mismatch(case: Case, named: str | None, attested: str) -> Iterator[Finding]:
    claimed, proven = _owner_and_name(named or ""), _owner_and_name(attested)
    if claimed is None or proven is None or claimed == proven:
        return
    # Repositories move and are renamed, and then one of the two stays.
    moved = claimed[0] == proven[0] or claimed[1] == proven[1] or case.history.established
    description = f"The package names the repository {named}, its attestation {attested}."
    yield case.finding("repository-mismatch", NOTE if moved else DOUBTFUL, description)


def _borrowed(case: Case, named: str) -> Iterator[Finding]:
    """Find a new package that names the repository of a widely used one, to appear with its stars."""
    place = _owner_and_name(named)
    if place is None or case.popular or case.history.established or case.history.age is None:
        return
    repository = place[1]
    found = case.resemblance
    description = f"The package names the repository {named}, which is that of {repository}."
    if found and found.popular.lower() == repository:
        judgement = BAD if found.sure else NOTE if found.likeness is Likeness.COMBINATION else DOUBTFUL
        yield case.finding("repository-borrowed", judgement, description)
    elif repository in popular_names(case.package.ecosystem) and not _related(case.package.name.lower(), place):
        yield case.finding("repository-borrowed", HINT if case.history.new else NOTE, description)


def _related(name: str, place: tuple[str, str]) -> bool:
    """Whether a package's name speaks of its repository or of the owner, as a part of a project does."""
    return any(part in name or name in part for part in place)


def _owner_and_name(url: str) -> tuple[str, str] | None:
    parts = [part for part in urlsplit(url.lower()).path.removesuffix(".git").split("/") if part]
    return (parts[0], parts[1]) if len(parts) > 1 else None
