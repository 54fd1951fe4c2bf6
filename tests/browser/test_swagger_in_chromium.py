"""CloudLink's Swagger UI in a real Chromium, over the double."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from playground_page import Playground
from starlette.types import ASGIApp

from adapters.cloudlink.callers import Callers
from adapters.cloudlink.server import create_server
from adapters.keys import digest_of
from adapters.principal import LOCAL_PRINCIPAL
from tests.doubles.served_cloudlink import ServedCloudLink

KEY = "a key of the test"


async def test_an_endpoint_is_tried_out_without_leaving_the_host(
    playground: Playground, serve: Callable[[ASGIApp], Awaitable[str]]
) -> None:
    """Every endpoint is shown, a request is sent with a key, and the page's own policy hinders nothing."""
    page = playground.page
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).hostname or "data"))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    address = await serve(create_server(ServedCloudLink(), Callers({digest_of(KEY): LOCAL_PRINCIPAL})))
    await page.goto(f"{address}/docs")
    await page.wait_for_selector(".opblock")
    assert await page.locator(".opblock").count() == 35
    await page.click(".btn.authorize")
    await page.fill(".modal-ux input", KEY)
    await page.click(".modal-btn.authorize")
    await page.click(".modal-btn.btn-done")
    budgets = page.locator("#operations-budgets-budgets_budgets")
    await budgets.locator(".opblock-summary-control").click()
    await budgets.locator(".try-out__btn").click()
    await budgets.locator(".execute").click()
    status = budgets.locator(".live-responses-table .response .response-col_status")
    await status.wait_for()
    assert (await status.inner_text()).strip() == "200"
    assert set(asked) <= {"127.0.0.1", "data"}
    assert complaints == []
