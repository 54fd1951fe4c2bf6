"""Which deploys shipped which packages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from adapters.cloudlink.models import Deploy
from adapters.cloudlink.shipping import DEPLOYS_OF_A_TARGET, deploys_that_shipped, shipped
from adapters.packages import PackageName

START = datetime(2026, 1, 1, tzinfo=UTC)


def deploy(number: int, *packages: str) -> Deploy:
    return Deploy(
        id=f"deploy-{number}",
        service="Amazon EC2",
        environment="production",
        deployed_at=START - timedelta(hours=number),
        metadata={"packages": list(packages)},
    )


def test_targets_name_packages_as_their_ecosystem_does() -> None:
    """What is no target names none."""
    assert shipped(["npm:@scope/box@1.0.0", "pypi:Clean_Basket[extra]>=3", "cargo:serde", "text"]) == {
        "npm:@scope/box@1.0.0": PackageName("npm", "@scope/box"),
        "pypi:Clean_Basket[extra]>=3": PackageName("pypi", "clean-basket"),
    }


def test_a_version_that_is_shipped_often_hides_no_other() -> None:
    """At most twenty deploys are told of each target; one that names a package twice is told once."""
    often = [deploy(number, "npm:box@2.0.0", "npm:other@1.0.0") for number in range(30)]
    rare = deploy(31, "npm:box@1.0.0", "npm:box")
    box, other, none = deploys_that_shipped(
        [*often, rare], [PackageName("npm", "box"), PackageName("npm", "other"), PackageName("npm", "none")]
    )
    assert box == [*often[:DEPLOYS_OF_A_TARGET], rare]
    assert other == often[:DEPLOYS_OF_A_TARGET]
    assert none == []
