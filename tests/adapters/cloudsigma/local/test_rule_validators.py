from __future__ import annotations

from sigma.validators.core import validators as core_validators
from sigma.validators.sigmahq import validators as sigmahq_validators

from adapters.cloudsigma.local.attack.knowledge import load_knowledge
from adapters.cloudsigma.local.rule_validators import LEFT_OUT, build_validator


def test_all_validators_run_but_those_left_out_with_a_reason() -> None:
    """Whatever pySigma and SigmaHQ ship is run, and the list of exceptions names only what there is."""
    known = {**core_validators, **sigmahq_validators}
    running = {type(validator) for validator in build_validator(load_knowledge()).validators}
    assert set(LEFT_OUT) <= set(known)
    assert running == {validator for name, validator in known.items() if name not in LEFT_OUT}
    assert all(LEFT_OUT.values())
