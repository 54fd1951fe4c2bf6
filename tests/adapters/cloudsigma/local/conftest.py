"""ATT&CK and the technique model, which is trained once and kept between runs of the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.cloudsigma.local.attack.knowledge import AttackKnowledge, load_knowledge
from adapters.cloudsigma.local.attack.model import TechniqueModel, load_model


@pytest.fixture(scope="session")
def knowledge() -> AttackKnowledge:
    """What the installed package knows."""
    return load_knowledge()


@pytest.fixture(scope="session")
def model(knowledge: AttackKnowledge, engine_cache: Path) -> TechniqueModel:
    """The model of that knowledge."""
    return load_model(engine_cache, knowledge)
