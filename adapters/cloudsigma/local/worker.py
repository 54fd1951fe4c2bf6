"""The stages that need a processor, as functions that a worker process runs."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from adapters.cloudsigma.local.failure import PipelineFailure
from adapters.cloudsigma.local.material import Classification, Extraction, Report, RuleSet, Selection
from adapters.cloudsigma.models import GenerateRequest, InputType

if TYPE_CHECKING:
    from adapters.cloudsigma.local.attack.knowledge import AttackKnowledge
    from adapters.cloudsigma.local.attack.model import TechniqueModel
    from adapters.cloudsigma.local.detections.catalogue import Catalogue


BUNDLE = "What TRIGRAPH_ATTACK_BUNDLE names"
BUNDLE_CURE = "give Enterprise ATT&CK as a STIX 2.1 bundle, or leave it empty"


class EngineSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the engine's knowledge comes from; `attack_bundle` None means the ATT&CK release that is installed."""

    cache_dir: Path
    attack_bundle: Path | None = None


class Engine(NamedTuple):
    """What the stages know: loaded once a process."""

    knowledge: AttackKnowledge
    model: TechniqueModel
    catalogue: Catalogue


@cache
def engine(settings: EngineSettings) -> Engine:
    """Load everything, or give what is loaded; the first time ever builds the model, which takes a while."""
    from adapters.cloudsigma.local.attack.knowledge import load_knowledge
    from adapters.cloudsigma.local.attack.model import load_model
    from adapters.cloudsigma.local.detections.catalogue import load_catalogue

    try:
        knowledge = load_knowledge(settings.attack_bundle)
        problem = None if knowledge.techniques else "it holds no techniques"
    except OSError as error:
        problem = error.strerror
    except msgspec.MsgspecError as error:
        problem = str(error)
    if problem:
        raise PipelineFailure("PipelineFailed", f"{BUNDLE} can't be used ({problem}): {BUNDLE_CURE}")
    return Engine(knowledge, load_model(settings.cache_dir, knowledge), load_catalogue())


def warm(settings: EngineSettings) -> None:
    """Run a small report through every stage, so that the first real one is not the slowest."""
    report = Report(
        text="The malware used rundll32.exe to run a DLL and connected to 203.0.113.7 over HTTP (T1218.011)."
    )
    classify_report(report)
    request = GenerateRequest(input_type=InputType.TEXT)
    selection = filter_extraction(settings, extract_report(settings, report), request)
    convert_rules(validate_rules(settings, generate_rules(settings, selection, request, watermark=False)), request)


def classify_report(report: Report) -> Classification:
    """Run the stage classify."""
    from adapters.cloudsigma.local.stages.classify import classify

    return classify(report)


def extract_report(settings: EngineSettings, report: Report) -> Extraction:
    """Run the stage extract."""
    from adapters.cloudsigma.local.stages.extract import extract

    knowledge, model, _ = engine(settings)
    return extract(report, knowledge, model)


def filter_extraction(settings: EngineSettings, extraction: Extraction, request: GenerateRequest) -> Selection:
    """Run the stage filter."""
    from adapters.cloudsigma.local.stages.filter import select

    knowledge, _, catalogue = engine(settings)
    return select(extraction, request.platforms, knowledge, catalogue)


def generate_rules(
    settings: EngineSettings, selection: Selection, request: GenerateRequest, watermark: bool
) -> RuleSet:
    """Run the stage generate."""
    from adapters.cloudsigma.local.ioc_rules import ioc_rules
    from adapters.cloudsigma.local.stages.generate import generate

    behavioral = generate(selection, engine(settings).catalogue, watermark=watermark)
    if not request.include_ioc_rules:
        return behavioral
    indicator_rules = ioc_rules(selection.iocs, request.platforms, watermark=watermark)
    return msgspec.structs.replace(behavioral, rules=(*behavioral.rules, *indicator_rules))


def validate_rules(settings: EngineSettings, rules: RuleSet) -> RuleSet:
    """Run the stage validate."""
    from adapters.cloudsigma.local.stages.validate import validate

    return validate(rules, engine(settings).knowledge)


def convert_rules(rules: RuleSet, request: GenerateRequest) -> RuleSet:
    """Run the stage convert."""
    from adapters.cloudsigma.local.stages.convert import convert

    return convert(rules, request.siems)
