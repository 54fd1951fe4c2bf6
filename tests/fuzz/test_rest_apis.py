"""What the served REST APIs answer to whatever their documents allow, and to what they don't."""

from __future__ import annotations

import pytest

from tests.fuzz.conftest import Fuzzed


@pytest.mark.parametrize("api", ["cloudsigma", "sigil", "cloudlink"])
async def test_a_rest_api_keeps_to_its_document(fuzzed: Fuzzed, api: str) -> None:
    """No fault of the server, no undocumented status, type, header or shape, no entry without a key, no internals."""
    await fuzzed.fuzz(f"{api}/openapi.json", "--url", f"{fuzzed.address}/{api}")
