"""What the OpenAPI document of every served API is held to."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import Any, ClassVar

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator


class DocumentedApi:
    """Tests of a document; `contract` lists the endpoints, each as its method and path."""

    contract: ClassVar[AbstractSet[str]]

    @pytest.fixture
    async def document(self, server: httpx.AsyncClient) -> dict[str, Any]:
        """The document as everybody may read it."""
        answer = await server.get("/openapi.json", headers={"Authorization": ""})
        assert answer.status_code == 200
        read: dict[str, Any] = answer.json()
        return read

    def test_it_is_valid(self, document: dict[str, Any]) -> None:
        """By OpenAPI 3.1's own schema."""
        assert document["openapi"] == "3.1.0"
        OpenAPIV31SpecValidator(document).validate()

    def test_it_lists_every_endpoint_of_the_contract(self, document: dict[str, Any]) -> None:
        """And no other; each has a name of its own and a sentence."""
        operations = {
            f"{method.upper()} {path}": operation
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        }
        assert set(operations) == self.contract
        assert len({operation["operationId"] for operation in operations.values()}) == len(operations)
        assert all(operation["summary"].endswith(".") for operation in operations.values())

    async def test_every_endpoint_is_served_and_needs_a_key(
        self, server: httpx.AsyncClient, document: dict[str, Any]
    ) -> None:
        """Unless the document says that it is open."""
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                answer = await server.request(method, re.sub(r"{\w+}", "x", path), headers={"Authorization": ""})
                assert answer.status_code == (200 if operation.get("security") == [] else 401), path

    async def test_every_path_says_what_it_can_be_asked_for(
        self, server: httpx.AsyncClient, document: dict[str, Any]
    ) -> None:
        """`Allow` has the methods of the document, also where a path has several or looks like another's."""
        for path, methods in document["paths"].items():
            answer = await server.patch(re.sub(r"{\w+}", "x", path))
            assert answer.status_code == 405
            assert set(answer.headers["allow"].split(", ")) - {"HEAD"} == {method.upper() for method in methods}
