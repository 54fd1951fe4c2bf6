"""Where npm's registry and the published package.json differ: people read the one and installers use the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.sigil.local.material import Ecosystem
from adapters.sigil.local.package_json import MANIFEST, read_manifest
from adapters.sigil.local.phases.judging import BAD, DOUBTFUL, SUSPICIOUS
from adapters.sigil.local.provenance.case import Case
from adapters.sigil.models import Finding


def manifests(case: Case) -> Iterator[Finding]:
    """Find what a package's own package.json says that the registry does not."""
    if case.package.ecosystem is not Ecosystem.NPM or case.history.current is None:
        return
    manifest = read_manifest(case.scanned.contents.get(MANIFEST, b""))
    name, version = manifest.get("name"), manifest.get("version")
    if case.install_scripts and not case.history.current.has_install_script:
        listed = ", ".join(case.install_scripts)
        yield case.finding("manifest-hides-script", BAD, f"The registry does not tell of its install script: {listed}.")
    if _differs(name, case.package.name) or _differs(version, case.package.version):
        description = f"Its package.json calls itself {name}@{version}."
        yield case.finding("manifest-names-another", SUSPICIOUS, description)
    if hidden := _hidden_dependencies(case, manifest):
        description = f"The registry does not tell of its dependencies: {', '.join(sorted(hidden))}."
        yield case.finding("manifest-hides-dependency", DOUBTFUL, description)


def _differs(written: Any, registered: str) -> bool:
    """Whether a name or version is another one; how a version is written (`v1.0`, `=1.0`) does not matter."""
    return isinstance(written, str) and written.strip().lstrip("v= ").lower() != registered.lstrip("v").lower()


def _hidden_dependencies(case: Case, manifest: Mapping[str, Any]) -> set[str]:
    if case.registration.dependencies is None:
        return set()
    written = (manifest.get("dependencies"), manifest.get("optionalDependencies"))
    return {name for each in written if isinstance(each, dict) for name in each} - set(case.registration.dependencies)
