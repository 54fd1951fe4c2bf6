"""What a target's text says of the package."""

from __future__ import annotations

import re

from adapters.sigil.port import PackageName

_TARGET = re.compile(r"(?P<ecosystem>[a-z]+):(?P<name>@?[^@=<>~!;\s]+)")


def package_of(target: str) -> PackageName:
    """Read ecosystem and name from a target such as `npm:@scope/name@1.2.3`; what is no target is a name alone."""
    found = _TARGET.match(target)
    return PackageName(found["ecosystem"], found["name"]) if found else PackageName("", target)
