"""Lists of several services side by side: where the client wants that, one that fails leaves the others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from adapters.services import Service
from tests.faults.gateway import Upstreams, gateway_over
from tests.faults.proxy import Fault

LISTS = "executions { nodes { arn } } packageScans { nodes { id } } regressions { nodes { id } }"
ROOTS: Mapping[Service, str] = {
    Service.CLOUDSIGMA: "executions",
    Service.SIGIL: "packageScans",
    Service.CLOUDLINK: "regressions",
}


@pytest.mark.parametrize("service", list(Service))
@pytest.mark.parametrize(
    ("fault", "code"), [(Fault.SERVER_ERROR, "SERVICE_UNREACHABLE"), (Fault.HANG, "DEADLINE_EXCEEDED")]
)
async def test_the_other_lists_are_data(
    fault: Fault, code: str, service: Service, upstreams: Upstreams, tmp_path: Path
) -> None:
    """Though the graph says of each that it is never null; without the directive GraphQL takes all of them."""
    async with gateway_over(upstreams, tmp_path) as client:
        upstreams.proxies[service].fault = fault
        kept = await client.post(f"query Lists @experimental_disableErrorPropagation {{ {LISTS} }}")
        taken = await client.post(f"query Lists {{ {LISTS} }}")
    assert [kept["data"][name] is None for name in ROOTS.values()] == [other is service for other in ROOTS]
    (error,) = kept["errors"]
    assert (error["path"], error["extensions"]["code"]) == ([ROOTS[service]], code)
    assert error["extensions"]["service"].upper() == service.name
    assert taken["data"] is None
