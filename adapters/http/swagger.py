"""Swagger UI at `/docs` of a served API, all of it served from here."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{title} API</title>
    <link rel="icon" type="image/png" href="docs/favicon-32x32.png">
    <link rel="stylesheet" href="docs/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/start.js"></script>
  </body>
</html>
"""
START = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
});
"""
ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def swagger_routes(title: str) -> list[Route]:
    """Serve the page that shows an API's document, what starts it, and Swagger UI's own files."""
    page = PAGE.format(title=title)
    return [
        Route("/docs", lambda _request: HTMLResponse(page, headers=HEADERS)),
        Route("/docs/start.js", _start),
        *(Route(f"/docs/{name}", _asset) for name in ASSETS),
    ]


async def _start(_request: Request) -> Response:
    return Response(START, headers=HEADERS, media_type="text/javascript")


async def _asset(request: Request) -> Response:
    from swagger_ui_bundle import swagger_ui_path  # type: ignore[import-untyped] # ships no types

    name = request.url.path.rpartition("/")[2]
    return FileResponse(Path(str(swagger_ui_path)) / name, headers=HEADERS, media_type=ASSETS[name])
