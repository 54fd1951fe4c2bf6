"""Google SecOps: searches on the Unified Data Model (Chronicle's), and the same as YARA-L rules."""

from __future__ import annotations

import re
import warnings
from typing import Any, ClassVar

from sigma.exceptions import SigmaTransformationError
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations import FieldFunctionTransformation
from sigma.rule import SigmaRule

from adapters.cloudsigma.local.siems.rule_text import RuleText
from adapters.cloudsigma.local.siems.schema import LogSchema, load_schemas

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # its way to read its data is deprecated in Python 3.11
    from sigma.backends.secops.secops import SecOpsBackend
    from sigma.pipelines.secops.errors import InvalidUDMFieldError
    from sigma.pipelines.secops.secops import secops_udm_pipeline
    from sigma.pipelines.secops.transformations import PrependEventVariableTransformation
    from sigma.pipelines.secops.utils import determine_event_type_event_id, determine_event_type_logsource

EVENT = "$event1"
_SCHEMAS = load_schemas("secops")
_HASHES = "Hashes|contains"


class _Backend(SecOpsBackend):
    """Writes a list as alternatives: as one pattern, as it would, it has no ends, and dots stand for anything."""

    convert_or_as_in: ClassVar[bool] = False


def to_chronicle(rule: RuleText) -> str:
    """Convert to a UDM search; raises SigmaError when the data model has no place for a field."""
    selector, query = _parts(rule, variable=None)
    return f"({selector}) AND ({query})"


def to_google_secops(rule: RuleText) -> str:
    """Convert to a YARA-L 2.0 rule; raises SigmaError when the data model has no place for a field."""
    selector, query = _parts(rule, variable=EVENT)
    document = rule.document
    meta = {
        "id": document["id"],
        "author": document.get("author", ""),
        "description": document.get("description", ""),
        "severity": str(document.get("level", "medium")).upper(),
        "tags": ", ".join(document.get("tags", ())),
    }
    lines = [
        f"rule {_identifier(str(document['title']))} {{",
        "  meta:",
        *(f'    {name} = "{_quoted(str(value))}"' for name, value in meta.items()),
        "  events:",
        f"    ({selector})",
        f"    ({query})",
        "  condition:",
        f"    {EVENT}",
        "}",
    ]
    return "\n".join(lines)


def _parts(rule: RuleText, *, variable: str | None) -> tuple[str, str]:
    """Return what selects the events, and the query on them."""
    if rule.has_keywords:
        raise _homeless("a word in any field")
    schema = _SCHEMAS.get(rule.platform) if rule.platform else None
    prefix = f"{variable}." if variable else ""
    if schema:
        query = _convert(rule.fresh(), ProcessingPipeline(items=[_named(schema)]), variable)
        return f'{prefix}metadata.log_type = "{schema.log_type}"', query
    rule = rule.with_selections(_with_hashes)
    parsed = rule.fresh()
    types = _event_types(rule, parsed)
    # A mapping with the types as keys keeps their order, where pySigma's set of them has none.
    parsed.custom_attributes["event_types"] = dict.fromkeys(types)
    selector = " OR ".join(f'{prefix}metadata.event_type = "{kind}"' for kind in types)
    return selector, _convert(parsed, secops_udm_pipeline(prepend_metadata=False), variable)


def _convert(rule: SigmaRule, pipeline: ProcessingPipeline, variable: str | None) -> str:
    """Run a pipeline of its own for every rule: pySigma's remembers the fields of the rules that it saw before."""
    last = [ProcessingItem(PrependEventVariableTransformation(mapping={}))] if variable else []
    backend = _Backend(pipeline + ProcessingPipeline(items=last))  # type: ignore[no-untyped-call] # its own gap
    try:
        return str(backend.convert_rule(rule)[0])
    except InvalidUDMFieldError as error:
        field = re.search(r"Field (\S+) is not", error.field)
        raise _homeless(field[1] if field else error.field) from error


def _homeless(field: str) -> SigmaTransformationError:
    return SigmaTransformationError(f"the data model has no place for {field}")


def _named(schema: LogSchema) -> ProcessingItem:
    def name(field: str | None) -> str:
        exact = schema.named(field or "", None)
        if exact is None:
            raise _homeless(field or "a word in any field")
        return exact

    return ProcessingItem(FieldFunctionTransformation({}, transform_func=name))


def _event_types(rule: RuleText, parsed: SigmaRule) -> list[str]:
    by_source = determine_event_type_logsource(parsed)
    if by_source:
        return [by_source]
    numbers = rule.values().get("EventID", [])
    types = {kind for number in numbers if (kind := determine_event_type_event_id(str(number)))}
    if not types:
        raise SigmaTransformationError("the data model has no type for these events")
    return sorted(types)


def _with_hashes(selection: dict[str, Any]) -> dict[str, Any]:
    """Sysmon writes all hashes of a file into one field, SecOps each into its own, in lower case."""
    if _HASHES not in selection:
        return selection
    asked = selection[_HASHES]
    pairs = [str(value).partition("=") for value in (asked if isinstance(asked, list) else [asked])]
    kinds = {kind.lower() for kind, _, _ in pairs}
    if len(kinds) != 1:
        raise SigmaTransformationError("hashes of several kinds in one list can't be told apart")
    others = {field: value for field, value in selection.items() if field != _HASHES}
    return {**others, f"target.process.file.{kinds.pop()}": [digest.lower() for _, _, digest in pairs]}


def _identifier(title: str) -> str:
    return re.sub(r"\W+", "_", title, flags=re.ASCII).strip("_").lower()


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
