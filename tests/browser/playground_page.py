"""The playground as a person meets it: open it, choose an example, write an operation, run it, read the result."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Page, Request, WebSocket

_EDITOR = "window.__MONACO.editor.getEditors().find(editor => editor.getModel().uri.path.endsWith('{model}'))"
OPERATION = _EDITOR.format(model="operation.graphql")
VARIABLES = _EDITOR.format(model="variables.json")
HEADERS = _EDITOR.format(model="request-headers.json")
RESULT = _EDITOR.format(model="response.json")

_WATCH_RESULTS = f"""() => {{
  const model = {RESULT}.getModel();
  window.resultsShown = [];
  model.onDidChangeContent(() => model.getValue().trim() && window.resultsShown.push(model.getValue()));
}}"""


@dataclass
class Playground:
    """One open playground page, with every address it asked for and every complaint on its console."""

    page: Page
    addresses: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    async def open(self, base_url: str) -> None:
        """Open the server's front door and wait until the schema has been asked for and the editors are ready."""
        self.page.on("request", self._note_request)
        self.page.on("websocket", self._note_socket)
        self.page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        async with self.page.expect_response(lambda response: response.url.endswith("/graphql")):
            await self.page.goto(base_url)
        await self._until(f"() => Boolean(window.__MONACO && {OPERATION} && {RESULT})", "", seconds=20)
        await self.page.evaluate(_WATCH_RESULTS)

    async def open_example(self, title: str) -> None:
        """Click an example of the Examples panel."""
        panel = self.page.get_by_role("region", name="Examples")
        await panel.get_by_role("button", name=title).click()

    async def set_operation(self, operation: str) -> None:
        """Replace what the active tab's operation editor holds."""
        await self.page.evaluate(f"text => {OPERATION}.setValue(text)", operation)

    async def operation(self) -> str:
        """Return what the active tab's operation editor holds."""
        return str(await self.page.evaluate(f"{OPERATION}.getValue()"))

    async def set_variables(self, variables: dict[str, Any]) -> None:
        """Replace what the variables editor holds."""
        await self.page.evaluate(f"text => {VARIABLES}.setValue(text)", json.dumps(variables))

    async def set_headers(self, headers: dict[str, str]) -> None:
        """Replace what the headers editor holds."""
        await self.page.evaluate(f"text => {HEADERS}.setValue(text)", json.dumps(headers))

    async def run(self) -> None:
        """Click the execute button; earlier results are forgotten."""
        await self.page.evaluate("window.resultsShown = []")
        await self.page.get_by_role("button", name="Execute query").click()

    async def stop(self) -> None:
        """Click the button that ends a running subscription."""
        await self.page.get_by_role("button", name="Stop query").click()

    async def result(self, *, holding: str = "", seconds: float = 10) -> dict[str, Any]:
        """Wait for the first result since `run` that holds the text; AssertionError with all of them if none comes."""
        found = "text => window.resultsShown.find(shown => shown.includes(text))"
        try:
            answer: dict[str, Any] = json.loads(await self._until(found, holding, seconds))
        except TimeoutError:
            raise AssertionError(f"no result holds {holding!r}: {await self.results()}") from None
        return answer

    async def results(self) -> list[dict[str, Any]]:
        """Return every result that the result pane has shown since `run`, in order."""
        return [json.loads(shown) for shown in await self.page.evaluate("window.resultsShown")]

    def hosts(self) -> set[str]:
        """Name the hosts that the page asked for anything."""
        return {host for address in self.addresses if (host := urlsplit(address).hostname)}

    async def _until(self, expression: str, argument: str, seconds: float) -> Any:
        """Ask again until the expression is truthy; Playwright's own wait needs an eval, which the page forbids."""
        async with asyncio.timeout(seconds):
            while not (value := await self.page.evaluate(expression, argument)):  # noqa: ASYNC110 - the page sends no event
                await asyncio.sleep(0.02)
        return value

    def _note_request(self, request: Request) -> None:
        self.addresses.append(request.url)

    def _note_socket(self, socket: WebSocket) -> None:
        self.addresses.append(socket.url)
