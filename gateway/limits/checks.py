"""All limits on a document, in the order in which they are held."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from gateway.configuration.safety_settings import SafetySettings
from gateway.limits.aliases import check_aliases
from gateway.limits.depth import check_depth
from gateway.limits.directives import check_directives
from gateway.limits.introspection import check_introspection, refuse_introspection
from gateway.limits.measure import Check
from gateway.limits.repeats import check_repeats
from gateway.limits.returns import check_returns
from gateway.limits.root_fields import check_root_fields


def checks(settings: SafetySettings, *, is_developing: bool) -> Sequence[Check]:
    """Give what each operation of a document is held against; a limit of 0 is none."""
    limits = (
        (settings.max_depth, check_depth),
        (settings.max_returns, check_returns),
        (settings.max_repeats, check_repeats),
        (settings.max_aliases, check_aliases),
        (settings.max_root_fields, check_root_fields),
        (settings.max_directives, check_directives),
    )
    introspection = check_introspection if is_developing else refuse_introspection
    return [introspection, *(partial(check, most) for most, check in limits if most)]
