"""Scans of packages and of cloud accounts as one list and one stream."""

from __future__ import annotations

import asyncio

import pytest

from tests.graph_client import GraphClient, events
from tests.schema.asking_cloudlink import ADD, ROLE, followed
from tests.schema.conftest import DoubledGraph

START = """
mutation { startCloudScan { ... on CloudScans { eventsFound credentialsScanned scans { id scanId status } } } }
"""
STATUS = """
subscription($scanId: String!) {
  scanStatus(scanId: $scanId) {
    previousStatus
    scan { __typename status durationMs error ... on CloudScan { eventsFound credential { label } regions } }
  }
}
"""
UPDATES = """
subscription($after: Cursor, $kind: ScanKind) {
  scanUpdates(after: $after, kind: $kind) { cursor previousStatus scan { __typename status } }
}
"""
LIST = """
query($first: Int, $after: String, $kind: ScanKind) {
  scans(first: $first, after: $after, kind: $kind) {
    totalCount edges { cursor } nodes { __typename id } pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}
"""


async def cloud_scanned(client: GraphClient) -> str:
    """Begin a scan of a new account, and give the scan's id."""
    known = (await client.execute("{ credentials { id } }"))["credentials"]
    if not known:
        await client.execute(ADD, input=ROLE)
    answer = (await client.execute(START))["startCloudScan"]
    assert (answer["credentialsScanned"], len(answer["scans"])) == (1, 1)
    return str(answer["scans"][0]["scanId"])


async def test_scan_status_pushes_a_cloud_scan_to_its_end(doubled: DoubledGraph) -> None:
    """Its status is in the words of all scans, and the stream ends with it."""
    scan_id = await cloud_scanned(doubled.client)
    following = asyncio.create_task(events(doubled.client, STATUS, scanId=scan_id))
    await followed(doubled.client, UPDATES, kind="CLOUD")
    doubled.cloudlink.finish_scan(doubled.principal, scan_id, events_found=12)
    seen = [event["scanStatus"] for event in await following]
    assert seen[-1]["scan"] == {
        "__typename": "CloudScan",
        "status": "COMPLETED",
        "durationMs": seen[-1]["scan"]["durationMs"],
        "error": None,
        "eventsFound": 12,
        "credential": {"label": "production"},
        "regions": ["us-east-1"],
    }
    assert seen[-1]["scan"]["durationMs"] >= 0


async def test_scan_status_still_tells_of_package_scans_and_of_nothing(doubled: DoubledGraph) -> None:
    """The id says whose it is; one that names nothing is not found."""
    scan = await doubled.sigil.submit(doubled.principal, "npm:clean-box@1.0.0")
    doubled.sigil.finish(scan.id)
    query = "subscription($id: String!) { scanStatus(scanId: $id) { scan { __typename status } } }"
    (event,) = await events(doubled.client, query, id=scan.id)
    assert event["scanStatus"]["scan"] == {"__typename": "PackageScan", "status": "COMPLETED"}
    for unknown in ("scan_none", "00000000-0000-4000-8000-000000000000"):
        (payload,) = [payload async for payload in doubled.client.subscribe(query, id=unknown)]
        assert payload["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_scan_updates_tell_of_both_kinds_and_miss_nothing(doubled: DoubledGraph) -> None:
    """One cursor holds for both; after it only what came later is told, of either."""
    scan_id = await cloud_scanned(doubled.client)
    scan = await doubled.sigil.submit(doubled.principal, "npm:clean-box@1.0.0")

    async def finish_both() -> None:
        doubled.sigil.finish(scan.id)
        doubled.cloudlink.finish_scan(doubled.principal, scan_id, error="AccessDenied: the role is gone")

    async def nothing() -> None:
        pass

    seen = await followed(doubled.client, UPDATES, nothing, finish_both, nothing)
    told = [(event["scan"]["__typename"], event["scan"]["status"], event["previousStatus"]) for event in seen]
    assert sorted(told[:2]) == [("CloudScan", "RUNNING", None), ("PackageScan", "RUNNING", None)]
    assert sorted(told[2:]) == [("CloudScan", "FAILED", "RUNNING"), ("PackageScan", "COMPLETED", "RUNNING")]
    missed = await followed(doubled.client, UPDATES, nothing, after=seen[1]["cursor"])
    assert sorted(event["scan"]["status"] for event in missed) == ["COMPLETED", "FAILED"]
    (last,) = await followed(doubled.client, UPDATES, after=seen[2]["cursor"])
    assert last["scan"] == seen[3]["scan"]
    (of_kind,) = await followed(doubled.client, UPDATES, kind="CLOUD")
    assert of_kind["scan"] == {"__typename": "CloudScan", "status": "FAILED"}


async def test_no_mailbox_is_left_when_a_stream_of_both_is_left(doubled: DoubledGraph) -> None:
    """Neither service keeps a watcher that nobody reads."""
    await cloud_scanned(doubled.client)
    await followed(doubled.client, UPDATES)
    async with asyncio.timeout(10):
        while doubled.cloudlink.kept_scans.feed.mailboxes or doubled.sigil.feed.mailboxes:  # noqa: ASYNC110 - they tell nobody
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("after", ["nonsense", "12", "x-y", "1-y"])
async def test_what_is_no_cursor_of_updates_is_refused(doubled: DoubledGraph, after: str) -> None:
    """It names the argument."""
    (payload,) = [payload async for payload in doubled.client.subscribe(UPDATES, after=after)]
    assert payload["errors"][0]["extensions"] == {"code": "INVALID_INPUT", "field": "after"}


async def test_scans_of_both_kinds_are_one_list(doubled: DoubledGraph) -> None:
    """Pages together are the list, newest first, each scan once; the kind narrows it."""
    packages = [(await doubled.sigil.submit(doubled.principal, f"npm:box-{number}")).id for number in range(3)]
    clouds = [await cloud_scanned(doubled.client) for _ in range(3)]
    doubled.cloudlink_calls.calls.clear()
    pages = [(await doubled.client.execute(LIST, first=2))["scans"]]
    while pages[-1]["pageInfo"]["hasNextPage"]:
        pages.append((await doubled.client.execute(LIST, first=2, after=pages[-1]["pageInfo"]["endCursor"]))["scans"])
    assert [len(page["nodes"]) for page in pages] == [2, 2, 2]
    assert {page["totalCount"] for page in pages} == {6}
    kinds = [node["__typename"] for page in pages for node in page["nodes"]]
    # The double's packages were scanned long ago.
    assert kinds == ["CloudScan"] * 3 + ["PackageScan"] * 3
    assert len({node["id"] for page in pages for node in page["nodes"]}) == len(packages + clouds)
    for kind, name in (("CLOUD", "CloudScan"), ("PACKAGE", "PackageScan")):
        narrowed = (await doubled.client.execute(LIST, kind=kind))["scans"]
        assert (narrowed["totalCount"], {node["__typename"] for node in narrowed["nodes"]}) == (3, {name})
    assert (await doubled.client.execute(LIST, first=0))["scans"]["nodes"] == []
    bad = await doubled.client.post(LIST, after="nonsense")
    assert bad["errors"][0]["extensions"] == {"code": "INVALID_INPUT", "field": "after"}


async def test_cloud_scans_are_nodes_and_share_one_call_for_credentials(doubled: DoubledGraph) -> None:
    """Their global ids find them again, and edges do not ask scan by scan."""
    for _ in range(3):
        await cloud_scanned(doubled.client)
    doubled.cloudlink_calls.calls.clear()
    query = "{ scans(kind: CLOUD) { nodes { id ... on CloudScan { credential { label } } } } }"
    nodes = (await doubled.client.execute(query))["scans"]["nodes"]
    assert [node["credential"]["label"] for node in nodes] == ["production"] * 3
    assert doubled.cloudlink_calls.calls == {"scans": 1, "credentials": 1}
    found = await doubled.client.execute("query($id: ID!) { node(id: $id) { __typename id } }", id=nodes[0]["id"])
    assert found["node"] == {"__typename": "CloudScan", "id": nodes[0]["id"]}
