"""Documents that are kept parsed: the same ones are not read again, and their memory has an end."""

from __future__ import annotations

import pytest

from gateway.configuration.safety_settings import SafetySettings
from gateway.execution import parsed_documents
from gateway.execution.known_documents import KNOWN_DOCUMENTS, KNOWN_TOKENS, LONGEST_KEPT, KnownDocuments
from gateway.execution.parsed_documents import parsed
from gateway.limits.plans import Plans
from schema.graph import build_graph
from tests.gateway.edge import Edge

LARGE = 1_900
"""Tokens of a document that is as large as callers may send it."""


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin with nothing, and leave to others what they know."""
    monkeypatch.setattr(parsed_documents, "_known", KnownDocuments())


def large(number: int) -> str:
    """Write one of many documents that take most memory for their length."""
    return f"{{ f{number} {'a ' * (LARGE - 3)}}}"


def test_a_document_that_comes_again_is_not_parsed_again() -> None:
    """With other options it is another one, and one that is long is not kept."""
    text, long = "{ viewer { id } }", f"{{ viewer {{ id }} }} # {'x' * LONGEST_KEPT}"
    assert parsed(text, max_tokens=2_000) is parsed(text, max_tokens=2_000)
    assert parsed(text, max_tokens=2_000) is not parsed(text, max_tokens=1_000)
    assert parsed(long) is not parsed(long)


def test_a_flood_of_large_documents_fills_no_memory() -> None:
    """Whatever comes, the tokens of all stay below the limit, and what is used stays known."""
    mine = parsed("{ viewer { id } }")
    flood = KNOWN_TOKENS // LARGE + 10
    for number in range(flood):
        assert parsed(large(number)).token_count == LARGE
        assert parsed_documents._known.tokens <= KNOWN_TOKENS
        assert parsed("{ viewer { id } }") is mine
    newest = parsed(large(flood - 1))
    assert len(parsed_documents._known) == KNOWN_TOKENS // LARGE + 1
    assert parsed(large(flood - 1)) is newest
    assert parsed_documents._known.find((large(0),)) is None


def test_what_is_known_to_be_wrong_with_large_documents_has_an_end_too() -> None:
    """A plan holds its document."""
    plans = Plans(build_graph()._schema, SafetySettings())
    for number in range(KNOWN_TOKENS // LARGE + 10):
        plans.plan(large(number), parsed(large(number)), is_developing=False)
        assert plans._known.tokens <= KNOWN_TOKENS
    assert len(plans._known) == KNOWN_TOKENS // LARGE


def test_a_flood_of_small_documents_leaves_the_last_ones() -> None:
    """They are few as well."""
    for number in range(KNOWN_DOCUMENTS + 10):
        parsed(f"{{ f{number} }}")
    assert len(parsed_documents._known) == KNOWN_DOCUMENTS
    assert parsed_documents._known.find(("{ f9 }",)) is None
    assert parsed_documents._known.find(("{ f10 }",)) is not None


async def test_the_gateway_keeps_what_it_is_sent(edge: Edge) -> None:
    """Also where it is refused."""
    for text in ("{ viewer { id } }", large(0)):
        await edge.ask(text)
        await edge.ask(text)
    assert len(parsed_documents._known) == 2
