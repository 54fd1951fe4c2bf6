"""How long the answer to a document may be kept: as long as all of what it shows may."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_leaf_type,
    parse,
    visit,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from gateway.execution.known_documents import KNOWN_DOCUMENTS, LONGEST_KEPT
from schema.cache_control import CacheControl, CacheScope

ITS_OWN = ("__typename",)


class CachePolicy(NamedTuple):
    """For how many seconds an answer may be kept, and whether by others than its caller."""

    max_age: int
    is_public: bool

    @property
    def header(self) -> str:
        """Write it as `Cache-Control`: what may not be kept for a time may be kept to be asked about each time."""
        if not self.max_age:
            return "private, no-cache"
        return f"{'public' if self.is_public else 'private'}, max-age={self.max_age}"

    def within(self, other: CachePolicy) -> CachePolicy:
        """Give the policy of what shows both."""
        return CachePolicy(min(self.max_age, other.max_age), self.is_public and other.is_public)


NONE = CachePolicy(0, is_public=False)
ANY = CachePolicy(365 * 86400, is_public=True)
"""Of what adds nothing to what shows it."""


class CachePolicies:
    """Reads the policies of documents by a graph's hints; those of the documents that came last are kept."""

    def __init__(self, graph: GraphQLSchema) -> None:
        self._graph = graph
        self._known = lru_cache(KNOWN_DOCUMENTS)(self._read)

    def of(self, text: str) -> CachePolicy:
        """Give the policy of a document that was executed; whichever of its operations it was, all count."""
        return self._known(text) if len(text) <= LONGEST_KEPT else self._read(text)

    def _read(self, text: str) -> CachePolicy:
        seen = _Fields(TypeInfo(self._graph), self._graph.query_type)
        visit(parse(text, no_location=True), TypeInfoVisitor(seen.types, seen))
        return NONE if seen.policy == ANY else seen.policy


class _Fields(Visitor):
    def __init__(self, types: TypeInfo, root: GraphQLObjectType | None) -> None:
        super().__init__()
        self.types = types
        self.policy = ANY
        self._root = root

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self.policy = self.policy.within(self._policy_of(node.name.value))

    def _policy_of(self, name: str) -> CachePolicy:
        field, parent = self.types.get_field_def(), self.types.get_parent_type()
        if name in ITS_OWN:
            return ANY
        if field is None:
            return NONE
        if (hint := _hint(field)) is not None:
            return hint
        kind = get_named_type(field.type)
        if is_leaf_type(kind):
            return NONE if parent is self._root else ANY
        return _policy_of_type(kind)


def _policy_of_type(kind: GraphQLNamedType) -> CachePolicy:
    """Give a type's policy; a connection and its edges take after what they connect."""
    if (hint := _hint(kind)) is not None:
        return hint
    fields = kind.fields if isinstance(kind, GraphQLObjectType) else {}
    if "hasNextPage" in fields:
        return ANY
    inner = "edges" if "pageInfo" in fields else "node" if "cursor" in fields else ""
    return _policy_of_type(get_named_type(fields[inner].type)) if inner in fields else NONE


def _hint(declared: Any) -> CachePolicy | None:
    definition = declared.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    for mark in getattr(definition, "directives", None) or ():
        if isinstance(mark, CacheControl):
            return CachePolicy(mark.max_age, mark.scope is CacheScope.PUBLIC)
    return None
