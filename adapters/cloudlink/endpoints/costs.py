"""Costs, deploys, regressions, anomalies and estimates."""

from __future__ import annotations

from datetime import UTC, datetime

from adapters.cloudlink.endpoints.endpoint import Call, Endpoint, not_found
from adapters.cloudlink.models import Anomaly, Assessment, CostEstimate, CostRecord, CostSnapshot, Deploy, NewDeploy
from adapters.cloudlink.port import RegressionFilter
from adapters.cloudlink.rates import Allowance
from adapters.cloudlink.wire import (
    Anomalies,
    CostBatch,
    DeploysQuery,
    DetectionAnswer,
    EstimateBody,
    Ingested,
    RegressionAnswer,
    RegressionsQuery,
    ServiceNames,
    SnapshotsQuery,
    answer_of,
)
from adapters.paging import Window

HOUR = datetime(2026, 1, 31, 12, tzinfo=UTC)
BATCH_BYTES = 4 * 1024 * 1024


async def ingest(call: Call, batch: CostBatch) -> Ingested:
    """Take hourly costs in."""
    return Ingested(ingested=await call.adapter.ingest_costs(call.caller, batch.records))


async def snapshots(call: Call, query: SnapshotsQuery) -> list[CostSnapshot]:
    """List hourly costs."""
    return await call.adapter.snapshots(call.caller.tenant, query.service, query.limit)


async def services(call: Call, _: None) -> ServiceNames:
    """Name the services."""
    return ServiceNames(services=await call.adapter.services(call.caller))


async def record_deploy(call: Call, deploy: NewDeploy) -> Deploy:
    """Record a deploy."""
    return await call.adapter.record_deploy(call.caller, deploy)


async def deploys(call: Call, query: DeploysQuery) -> list[Deploy]:
    """List deploys."""
    return list((await call.adapter.deploys(call.caller, Window(query.limit, counted=False), query.service)).nodes)


async def deploy(call: Call, _: None) -> Deploy:
    """Give a deploy."""
    (found,) = await call.adapter.deploys_by_id(call.caller, [call.key])
    if found is None:
        raise not_found("deploy", call.key)
    return found


async def regressions(call: Call, query: RegressionsQuery) -> list[RegressionAnswer]:
    """List regressions."""
    wanted = RegressionFilter(status=query.status)
    found = await call.adapter.regressions(call.caller, Window(query.limit, counted=False), wanted)
    return [answer_of(regression) for regression in found.nodes]


async def detect(call: Call, _: None) -> DetectionAnswer:
    """Look for regressions."""
    found = await call.adapter.detect_regressions(call.caller)
    return DetectionAnswer(
        regressions_detected=found.regressions_detected,
        deploys_analyzed=found.deploys_analyzed,
        regressions=[answer_of(regression) for regression in found.regressions],
    )


async def acknowledge(call: Call, _: None) -> RegressionAnswer:
    """Take note of a regression."""
    return answer_of(await call.adapter.acknowledge_regression(call.caller, call.key))


async def resolve(call: Call, _: None) -> RegressionAnswer:
    """Close a regression."""
    return answer_of(await call.adapter.resolve_regression(call.caller, call.key))


async def anomalies(call: Call, _: None) -> Anomalies[Anomaly]:
    """List anomalies."""
    return Anomalies(anomalies=await call.adapter.anomalies(call.caller))


async def assessment(call: Call, _: None) -> Assessment:
    """Say how a service's latest hour fits."""
    return await call.adapter.assessment(call.caller.tenant, call.key)


async def estimate(call: Call, body: EstimateBody) -> CostEstimate:
    """Estimate what the next deploy will cost."""
    (estimated,) = await call.adapter.estimates_of_services(call.caller, [body.service])
    return estimated


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/cloud-costs/ingest",
        sentence="Take hourly costs in, in place of what is known of the same hours.",
        body=CostBatch,
        example=CostBatch(records=[CostRecord(provider="aws", service="Amazon EC2", cost_usd=1.5, hour=HOUR)]),
        body_bytes=BATCH_BYTES,
        answer=Ingested,
        handle=ingest,
    ),
    Endpoint(
        method="GET",
        path="/cost-snapshots",
        sentence="List hourly costs, newest hour first.",
        query=SnapshotsQuery,
        answer=list[CostSnapshot],
        handle=snapshots,
    ),
    Endpoint(
        method="GET",
        path="/cost-snapshots/services",
        sentence="Name the services that costs are known of.",
        answer=ServiceNames,
        handle=services,
    ),
    Endpoint(
        method="POST",
        path="/deploys",
        sentence="Record a deploy.",
        body=NewDeploy,
        example=NewDeploy(service="Amazon EC2", version="1.4.0"),
        answer=Deploy,
        status=201,
        handle=record_deploy,
    ),
    Endpoint(
        method="GET",
        path="/deploys",
        sentence="List deploys, newest first.",
        query=DeploysQuery,
        answer=list[Deploy],
        handle=deploys,
    ),
    Endpoint(
        method="GET",
        path="/deploys/{deploy_id}",
        sentence="Give a deploy.",
        answer=Deploy,
        handle=deploy,
    ),
    Endpoint(
        method="GET",
        path="/regressions",
        sentence="List regressions, newest first.",
        query=RegressionsQuery,
        answer=list[RegressionAnswer],
        handle=regressions,
    ),
    Endpoint(
        method="POST",
        path="/regression/run",
        sentence="Judge the deploys that are not judged yet.",
        answer=DetectionAnswer,
        allowance=Allowance("regression/run", 5),
        handle=detect,
    ),
    Endpoint(
        method="POST",
        path="/regressions/{regression_id}/acknowledge",
        sentence="Take note of an open regression.",
        answer=RegressionAnswer,
        refusals=(409,),
        handle=acknowledge,
    ),
    Endpoint(
        method="POST",
        path="/regressions/{regression_id}/resolve",
        sentence="Close a regression.",
        answer=RegressionAnswer,
        handle=resolve,
    ),
    Endpoint(
        method="GET",
        path="/anomalies",
        sentence="List the services whose latest hour does not fit, gravest first.",
        answer=Anomalies[Anomaly],
        handle=anomalies,
    ),
    Endpoint(
        method="GET",
        path="/anomalies/{service}",
        sentence="Say how a service's latest hour fits its series.",
        answer=Assessment,
        handle=assessment,
    ),
    Endpoint(
        method="POST",
        path="/cost-estimate",
        sentence="Estimate what the next deploy of a service will cost.",
        body=EstimateBody,
        example=EstimateBody(service="Amazon EC2"),
        answer=CostEstimate,
        handle=estimate,
    ),
)
