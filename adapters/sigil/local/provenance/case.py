"""A scanned release as the rules of provenance see it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from adapters.sigil.local.material import Ecosystem, Package, Registration
from adapters.sigil.local.package_json import MANIFEST
from adapters.sigil.local.phases.hooks import npm_scripts
from adapters.sigil.local.phases.judging import Judgement
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.local.provenance.history import History, history
from adapters.sigil.local.provenance.popular import is_popular
from adapters.sigil.local.provenance.typosquatting import Resemblance, resemblance
from adapters.sigil.models import Finding

_METADATA = {Ecosystem.NPM: MANIFEST, Ecosystem.PYPI: "PKG-INFO"}
INSTALL_SCRIPTS = ("preinstall", "install", "postinstall")
"""The scripts that npm runs when somebody installs a package from the registry."""


@dataclass(frozen=True)
class Case:
    """A release, what the registry says of it, and what follows from that."""

    scanned: Scanned
    registration: Registration

    @property
    def package(self) -> Package:
        """The scanned package."""
        return self.scanned.package

    @cached_property
    def history(self) -> History:
        """The release and those before it."""
        return history(self.package)

    @cached_property
    def popular(self) -> bool:
        """Whether the package is widely used."""
        return is_popular(self.package.ecosystem, self.package.name)

    @cached_property
    def resemblance(self) -> Resemblance | None:
        """The widely used package that this one could be taken for."""
        return resemblance(self.package.ecosystem, self.package.name)

    @cached_property
    def runs_at_install(self) -> bool:
        """Whether installing runs code of the package: a lifecycle script, or a setup.py where there is no wheel."""
        registered = self.history.current is not None and self.history.current.has_install_script
        return registered or bool(self.install_scripts)

    @cached_property
    def install_scripts(self) -> tuple[str, ...]:
        """The install scripts in the package.json that was published."""
        if self.package.ecosystem is not Ecosystem.NPM:
            return ()
        scripts = npm_scripts(self.scanned.contents.get(MANIFEST, b""))
        return tuple(name for name in INSTALL_SCRIPTS if scripts.get(name, "").strip())

    def finding(self, rule: str, judgement: Judgement, description: str) -> Finding:
        """Make a finding about the release as a whole; it stands at the file with the package's name and version."""
        return Finding(
            rule=rule,
            severity=judgement.severity,
            confidence=judgement.confidence,
            file=_METADATA[self.package.ecosystem],
            description=description,
        )
