"""Splunk's SPL, and the Lucene queries of Elasticsearch and OpenSearch: conditions on renamed fields."""

from __future__ import annotations

from functools import lru_cache

from sigma.backends.elasticsearch.elasticsearch_lucene import LuceneBackend
from sigma.backends.opensearch.opensearch import OpensearchLuceneBackend
from sigma.backends.splunk.splunk import SplunkBackend
from sigma.conversion.base import TextQueryBackend
from sigma.pipelines.elasticsearch.windows import ecs_windows
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations import AddConditionTransformation, FieldFunctionTransformation

from adapters.cloudsigma.local.siems.rule_text import RuleText
from adapters.cloudsigma.local.siems.schema import LogSchema, load_schemas
from adapters.cloudsigma.models import Platform, Siem

_SPLUNK = load_schemas("splunk")
_ELASTIC = load_schemas("elastic")
_WINDOWS = frozenset((Platform.WINDOWS_SYSMON, Platform.WINDOWS_SECURITY, Platform.WINDOWS_POWERSHELL))


def to_splunk(rule: RuleText) -> str:
    """Convert to SPL; raises SigmaError when it can't be said."""
    return _query(Siem.SPLUNK, rule)


def to_elasticsearch(rule: RuleText) -> str:
    """Convert to Lucene on the Elastic Common Schema; raises SigmaError when it can't be said."""
    return _query(Siem.ELASTICSEARCH, rule)


def to_opensearch(rule: RuleText) -> str:
    """Convert to OpenSearch's Lucene on the Elastic Common Schema; raises SigmaError when it can't be said."""
    return _query(Siem.OPENSEARCH, rule)


def _query(siem: Siem, rule: RuleText) -> str:
    backend = _backend(siem, rule.platform, rule.category)
    return str(backend.convert_rule(rule.fresh())[0])


@lru_cache
def _backend(siem: Siem, platform: Platform | None, category: str | None) -> TextQueryBackend:
    schema = (_SPLUNK if siem is Siem.SPLUNK else _ELASTIC).get(platform) if platform else None
    pipeline = _pipeline(siem, platform, category, schema) if platform and schema else ProcessingPipeline()
    match siem:
        case Siem.SPLUNK:
            return SplunkBackend(pipeline)
        case Siem.OPENSEARCH:
            return OpensearchLuceneBackend(pipeline)
        case _:
            return LuceneBackend(pipeline)


def _pipeline(siem: Siem, platform: Platform, category: str | None, schema: LogSchema) -> ProcessingPipeline:
    named_by_backend = siem is not Siem.SPLUNK and platform in _WINDOWS
    items = [] if named_by_backend else [_renamed(schema, category)]
    conditions = schema.conditions(platform, category)
    if conditions and not (named_by_backend and category is None):  # then `ecs_windows` adds the channel itself
        items.append(ProcessingItem(AddConditionTransformation(conditions, name="_log")))
    own = ProcessingPipeline(items=items, priority=30)
    return ecs_windows() + own if named_by_backend else own


def _renamed(schema: LogSchema, category: str | None) -> ProcessingItem:
    def name(field: str | None) -> str:
        field = field or ""
        return schema.named(field, category) or schema.templated(field) or field

    return ProcessingItem(FieldFunctionTransformation({}, transform_func=name))
