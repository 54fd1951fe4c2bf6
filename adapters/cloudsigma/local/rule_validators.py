"""pySigma's and SigmaHQ's validators, fed with what is installed here instead of what they would download."""

from __future__ import annotations

from sigma.data import mitre_attack
from sigma.validation import SigmaValidator
from sigma.validators.core import validators as core_validators
from sigma.validators.core.logsources import specific_to_generic_logsource_mapping
from sigma.validators.sigmahq import validators as sigmahq_validators
from sigma.validators.sigmahq.data import data_windows_eventid

from adapters.cloudsigma.local.attack.knowledge import KILL_CHAIN, AttackKnowledge

_NO_TAXONOMY = "wants SigmaHQ's list of log sources and fields, which no package carries"
_NO_FILE = "looks at a rule's file name; ours are handed over as text"

LEFT_OUT = {
    "d3_fendtag": "wants D3FEND's ontology, which no package carries; our rules have no such tag",
    "duplicate_filename": _NO_FILE,
    "filename_length": _NO_FILE,
    "sigmahq_category_windows_provider_name": "wants SigmaHQ's list of providers, which no package carries",
    "sigmahq_correlation_filename_prefix": _NO_FILE,
    "sigmahq_fieldname_cast": _NO_TAXONOMY,
    "sigmahq_filename_convention": _NO_FILE,
    "sigmahq_filename_prefix": _NO_FILE,
    "sigmahq_invalid_fieldname": _NO_TAXONOMY,
    "sigmahq_logsource_unknown": _NO_TAXONOMY,
    "sigmahq_mitre_link": "wants the tag instead of the page; our rules have both, the page for who reads them",
    "sigmahq_redundant_field": _NO_TAXONOMY,
    "sigmahq_unknown_field": "knows only fields of Sigma, and the documented watermark is one of ours",
    "tlpv1_tag": "contradicts version 2, and tlp_tag knows both",
    "tlpv2_tag": "contradicts version 1, and tlp_tag knows both",
}
"""Validators that are not run, by pySigma's name for them, each with its reason."""


def build_validator(knowledge: AttackKnowledge) -> SigmaValidator:
    """Return all other validators, new ones as they remember the rules they saw; `knowledge` says what tags exist."""
    _feed(knowledge)
    known = {**core_validators, **sigmahq_validators}
    return SigmaValidator([validator for name, validator in known.items() if name not in LEFT_OUT])


def _feed(knowledge: AttackKnowledge) -> None:
    """Set the attributes that these modules would fill with a download when they are first asked for them."""
    vars(mitre_attack).update(
        mitre_attack_tactics={tactic: tactic for tactic in KILL_CHAIN},
        mitre_attack_techniques={technique.technique_id: technique.name for technique in knowledge.techniques},
        mitre_attack_techniques_tactics_mapping={
            technique.technique_id: list(technique.tactics) for technique in knowledge.techniques
        },
        mitre_attack_intrusion_sets={
            actor.actor_id: actor.names[0] for actor in knowledge.actors if actor.kind == "intrusion-set"
        },
        mitre_attack_software={
            actor.actor_id: actor.names[0] for actor in knowledge.actors if actor.kind in {"malware", "tool"}
        },
        mitre_attack_datasources={},
        mitre_attack_mitigations={},
    )
    vars(data_windows_eventid).update(
        sigmahq_category_no_eventid=sorted(
            {category for by_id in specific_to_generic_logsource_mapping.values() for category in by_id.values()}
        )
    )
