"""Where in a document something is."""

from __future__ import annotations

import pytest
from graphql import Source

from gateway.execution.lined_source import LinedSource
from tests.gateway.edge import Edge


@pytest.mark.parametrize("text", ["", "{a}", "{\n  a\r\n\r\n b\rc\n}\n", "\n\n", "\r\n{ a }", "{ a } # ü\n{ b }"])
def test_a_place_is_where_the_parser_says(text: str) -> None:
    """Lines end by any of three ways, and no token is within an end."""
    places = [place for place in range(len(text) + 1) if text[place - 1 : place + 1] != "\r\n"]
    lined, plain = LinedSource(text), Source(text)
    assert [lined.get_location(place) for place in places] == [plain.get_location(place) for place in places]


async def test_no_error_looks_for_its_line_from_the_first_on(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty mistakes below 480,000 blank lines took a minute; the parser's own search is not used by any."""
    monkeypatch.delattr(Source, "get_location")
    answer = await edge.ask("{" + "\n" * 9 + " ".join(f"mistake{number}" for number in range(40)) + "}")
    assert [error["locations"][0]["line"] for error in answer["errors"]] == [10] * 40
