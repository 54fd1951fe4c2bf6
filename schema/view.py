"""How graph types are made: views over models, edges with a resolver, and enums with a sentence a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypeVar

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from schema.cost import ListSize

T = TypeVar("T")
E = TypeVar("E", bound=Enum)


def view(model: type, description: str, *marks: object) -> Callable[[type[T]], type[T]]:
    """Declare which model a type shows: its plain fields read the model's attributes by name."""

    def decorate(cls: type[T]) -> type[T]:
        def is_type_of(value: Any, _info: object) -> bool:
            return isinstance(value, model)

        cls.is_type_of = staticmethod(is_type_of)  # type: ignore[attr-defined] # what Strawberry looks for
        return strawberry.type(cls, description=description, directives=marks)

    return decorate


def plain(description: str, *, source: str | None = None) -> Any:
    """Declare a field that reads the model's attribute of the same name, or the one that `source` names."""
    if source is None:
        return strawberry.field(description=description)

    def read(root: strawberry.Parent[Any]) -> Any:
        return getattr(root, source)

    return edge(read, description)


def edge(resolver: Callable[..., Any], description: str, *marks: object, assumed_size: int | None = None) -> Any:
    """Declare a field that a resolver answers with models, of which the field's type is the view.

    Marks are schema directives, such as the role that the field needs. `assumed_size` is how many rows a list is taken
    to have where no argument says so, in an operation's cost.
    """
    sizes = () if assumed_size is None else (ListSize(assumed_size=assumed_size),)
    return strawberry.field(resolver=resolver, description=description, directives=[*marks, *sizes])


def stream(resolver: Callable[..., Any], description: str, *marks: object) -> Any:
    """Declare a subscription that a resolver answers with models, of which the field's type is the view."""
    return strawberry.subscription(resolver=resolver, description=description, directives=marks)


def enum(cls: type[E], description: str, values: Mapping[str, str]) -> type[E]:
    """Put an enum into the graph, with a sentence for each value; raises KeyError where one is missing."""
    described = strawberry.enum(cls, description=description)
    definition: StrawberryEnumDefinition = described.__strawberry_definition__  # type: ignore[attr-defined] # set above
    for value in definition.values:
        value.description = values[value.name]
    return described
