from __future__ import annotations

from typing import Any

import pytest

from adapters.cloudlink.account import Resource
from adapters.cloudlink.local.findings import findings_in


@pytest.mark.parametrize(
    ("payload", "findings"),
    [
        ({}, 0),
        ({"name": "busy", "avg_cpu_7d": 1.0, "is_idle": False}, 0),
        ({"name": "idle", "avg_cpu_7d": 1.0, "is_idle": True}, 1),
        ({"issues": []}, 0),
        ({"issues": ["no_encryption", "versioning_disabled"]}, 2),
        ({"mtd_cost": 5.0, "above_threshold": True}, 1),
        ({"open_ports": [{"label": "https", "port": 443, "cidr": "0.0.0.0/0"}]}, 0),
        ({"open_ports": [{"label": "ssh", "port": 22, "cidr": cidr} for cidr in ("0.0.0.0/0", "::/0", "::/0")]}, 2),
        ({"open_ports": [{"label": "all", "port": 0, "cidr": "::/0"}]}, 1),
    ],
)
def test_findings_are_counted(payload: dict[str, Any], findings: int) -> None:
    """Everything that is wrong counts once; what a web server is open on is not wrong."""
    resource = Resource(resource_id="x", resource_type="any", provider="aws", payload=payload)
    assert findings_in(resource) == findings
