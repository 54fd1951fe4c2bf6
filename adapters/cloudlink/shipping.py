"""Which deploys shipped which packages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from adapters.cloudlink.models import Deploy
from adapters.packages import ECOSYSTEMS, PackageName, canonical_package_of

DEPLOYS_OF_A_TARGET = 20
"""How many deploys are told of each way to name a package, so that a version shipped often hides no other."""


def shipped(packages: Iterable[str]) -> dict[str, PackageName]:
    """Give the package that each target names; what is no target is left out."""
    named = ((target, canonical_package_of(target)) for target in packages)
    return {target: package for target, package in named if package.ecosystem in ECOSYSTEMS}


def deploys_that_shipped(newest_first: Iterable[Deploy], packages: Sequence[PackageName]) -> list[list[Deploy]]:
    """Give the newest deploys that shipped each package, at most twenty for each target that names it."""
    found: dict[PackageName, dict[str, Deploy]] = {package: {} for package in packages}
    told: Counter[str] = Counter()
    for deploy in newest_first:
        for target, package in shipped(deploy.packages).items():
            if package in found and told[target] < DEPLOYS_OF_A_TARGET:
                told[target] += 1
                found[package][deploy.id] = deploy
    return [list(found[package].values()) for package in packages]
