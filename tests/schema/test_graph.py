"""The schema as a whole."""

from __future__ import annotations

from pathlib import Path

import graphql

from schema.graph import build_graph

COMMITTED = Path(__file__).parents[2] / "schema" / "schema.graphql"


def test_the_committed_sdl_is_what_the_code_says() -> None:
    """Drift is seen in review: `trigraph schema > schema/schema.graphql` mends this."""
    assert COMMITTED.read_text() == build_graph().as_str() + "\n"


def test_everything_in_the_graph_is_described() -> None:
    """Types, fields, arguments and enum values each have a sentence."""
    undescribed = []
    for name, kind in build_graph()._schema.type_map.items():
        if name.startswith("__") or graphql.is_specified_scalar_type(kind):
            continue
        parts = {name: kind, **{f"{name}.{value}": of for value, of in getattr(kind, "values", {}).items()}}
        for field_name, field in getattr(kind, "fields", {}).items():
            parts[f"{name}.{field_name}"] = field
            parts.update({f"{name}.{field_name}({arg})": of for arg, of in getattr(field, "args", {}).items()})
        undescribed += [part for part, of in parts.items() if not of.description]
    assert undescribed == []
