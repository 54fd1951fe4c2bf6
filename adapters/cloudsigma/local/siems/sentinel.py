"""Microsoft Sentinel's KQL: a normalised table where pySigma knows one, else the table that the connector fills."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar

import msgspec
from sigma.backends.kusto.kusto import KustoBackend
from sigma.conditions import ConditionAND, ConditionFieldEqualsValueExpression, ConditionOR
from sigma.conversion.state import ConversionState
from sigma.exceptions import SigmaError
from sigma.pipelines.azuremonitor.tables import AZURE_MONITOR_TABLES
from sigma.pipelines.kusto_common.errors import InvalidHashAlgorithmError
from sigma.pipelines.sentinelasim.sentinelasim import sentinel_asim_pipeline
from sigma.processing.pipeline import ProcessingItem, ProcessingPipeline
from sigma.processing.transformations import FieldMappingTransformation
from sigma.types import SigmaNumber

from adapters.cloudsigma.local.siems.rule_text import RuleText
from adapters.cloudsigma.local.siems.schema import LogSchema, load_schemas, underscored
from adapters.cloudsigma.models import Platform

_SCHEMAS = load_schemas("sentinel")
_NORMALISED = {
    "process_creation": "imProcessCreate",
    "network_connection": "imNetworkSession",
    "dns_query": "_Im_Dns",
}
"""Categories whose normalised table keeps values whole; those of files and the registry split paths from names."""

_NUMBERS = frozenset(("int", "long", "real"))
_WHOLE_EVENT = "WholeEvent"


class _Backend(KustoBackend):
    """KQL whose types fit: no numbers in a list of strings, and a string that is not there is empty, never null."""

    field_null_expression: ClassVar[str] = "isempty({field})"

    def decide_convert_condition_as_in_expression(
        self, cond: ConditionOR | ConditionAND, state: ConversionState
    ) -> bool:
        numbers = (
            isinstance(part, ConditionFieldEqualsValueExpression) and isinstance(part.value, SigmaNumber)
            for part in cond.args
        )
        return not any(numbers) and bool(super().decide_convert_condition_as_in_expression(cond, state))


class _Column(msgspec.Struct, frozen=True):
    """What a field is called in the query, and how it is computed when it is no column; whether it is a number."""

    name: str
    expression: str | None = None
    is_number: bool = False


def to_sentinel(rule: RuleText) -> str:
    """Convert to KQL; raises SigmaError when it can't be said."""
    if rule.platform is Platform.WINDOWS_SYSMON and rule.category in _NORMALISED:
        try:
            return str(_normalised(_NORMALISED[rule.category]).convert_rule(rule.fresh())[0])
        except (SigmaError, InvalidHashAlgorithmError):
            pass  # a field that the normalised table lacks, while the event itself has it
    schema = _SCHEMAS.get(rule.platform) if rule.platform else None
    if schema is None:
        return str(_Backend(ProcessingPipeline()).convert_rule(rule.fresh())[0])
    return _on_table(rule.with_keywords_in(_WHOLE_EVENT), schema)


@lru_cache
def _normalised(table: str) -> KustoBackend:
    return _Backend(sentinel_asim_pipeline(query_table=table))


def _on_table(rule: RuleText, schema: LogSchema) -> str:
    columns = {field: _column(field, values, schema, rule.category) for field, values in rule.values().items()}
    renamed = FieldMappingTransformation({field: column.name for field, column in columns.items()})
    backend = _Backend(ProcessingPipeline(items=[ProcessingItem(renamed)]))
    query = backend.convert_rule(_typed(rule, columns).fresh())[0]
    conditions = schema.conditions(rule.platform, rule.category) if rule.platform else {}
    computed = {column.name: column.expression for column in columns.values() if column.expression}
    lines = [
        schema.table or "",
        *([f"where {' and '.join(_condition(*pair) for pair in conditions.items())}"] if conditions else []),
        *([f"extend {', '.join(f'{name} = {said}' for name, said in computed.items())}"] if computed else []),
        f"where {query}",
    ]
    return "\n| ".join(lines)


def _condition(column: str, value: int | str | list[str]) -> str:
    if isinstance(value, list):
        return f"{column} in ({', '.join(value)})"
    return f'{column} == "{value}"' if isinstance(value, str) else f"{column} == {value}"


def _column(field: str, values: list[Any], schema: LogSchema, category: str | None) -> _Column:
    if field == _WHOLE_EVENT:
        return _Column(field, "tostring(pack_all())")
    known = AZURE_MONITOR_TABLES.get(schema.table or "", {})
    exact = schema.named(field, category) or (field if field in known else None)
    if exact is None:
        name = underscored(schema.local(field))
        return _Column(name, schema.templated(field) or f'tostring(column_ifexists("{name}", ""))')
    kind = known.get(exact, {}).get("data_type", "string")
    if kind in _NUMBERS and all(isinstance(value, int) for value in values):
        return _Column(exact, is_number=True)
    return _Column(exact) if kind == "string" else _Column(f"{exact}Text", f"tostring({exact})")


def _typed(rule: RuleText, columns: dict[str, _Column]) -> RuleText:
    """Write numbers as text for all columns that are text."""

    def change(selection: dict[str, Any]) -> dict[str, Any]:
        return {
            key: value if columns[key.partition("|")[0]].is_number else _as_text(value)
            for key, value in selection.items()
        }

    return rule.with_selections(change)


def _as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
