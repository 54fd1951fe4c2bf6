"""Phase six: what a package's name, releases and publishers say: look-alikes, takeovers, claims that do not fit.

Nothing here looks at today's date or at what a registry changes later, so that a version's findings stay the same.
"""

from __future__ import annotations

from adapters.sigil.local.material import Ecosystem
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.local.provenance.attestations import attestations
from adapters.sigil.local.provenance.case import Case
from adapters.sigil.local.provenance.dependencies import dependencies
from adapters.sigil.local.provenance.manifests import manifests
from adapters.sigil.local.provenance.names import names
from adapters.sigil.local.provenance.repositories import repositories
from adapters.sigil.local.provenance.takeover import takeover
from adapters.sigil.local.provenance.versions import versions
from adapters.sigil.models import Finding

_RULES = (names, versions, takeover, attestations, repositories, manifests, dependencies)


def provenance(scanned: Scanned) -> tuple[Finding, ...]:
    """Judge where a release comes from; of a folder or file of this machine, which no registry knows, say nothing."""
    registration = scanned.package.registration
    if scanned.package.ecosystem is Ecosystem.FILE or registration is None:
        return ()
    case = Case(scanned, registration)
    return tuple(finding for rule in _RULES for finding in rule(case))
