"""What a resolver finds in its context."""

from __future__ import annotations

from dataclasses import dataclass, field

import strawberry

from adapters.principal import Principal
from adapters.services import Services
from resolvers.loaders import Loaders


@dataclass
class Context:
    """One operation of one principal."""

    services: Services
    principal: Principal
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.renew_loaders()

    def renew_loaders(self) -> None:
        """Forget what was loaded: every event of a subscription sees the present."""
        self.loaders = Loaders(self.services, self.principal)


Info = strawberry.Info[Context, None]
