"""The playground: GraphiQL built from `console/` and served from here, or a page that loads it from a public CDN."""

import base64
import hashlib
import re
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

BUILT = Path(__file__).parent / "console"
ONLINE_PAGE = Path(__file__).parent / "playground.html"
CDN = "https://cdn.jsdelivr.net/npm/"

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def is_built(built: Path = BUILT) -> bool:
    """Whether the page and its assets were built, so that the playground needs no network."""
    return (built / "index.html").is_file()


def playground_routes(built: Path = BUILT) -> list[BaseRoute]:
    """`/` and `/playground/`, from the assets in `built` or, where there are none, with GraphiQL from a public CDN."""
    page = Mount("/playground", app=_BuiltPage(directory=built, html=True)) if is_built(built) else _online_route()
    return [Route("/", _front_door), Route("/playground", _to_playground), page]


class _BuiltPage(StaticFiles):
    """The built page: its hashed assets may be kept for ever, the page itself is asked for each time."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        headers = MutableHeaders(raw=response.raw_headers)
        headers.update(_HEADERS)
        headers["Content-Security-Policy"] = _policy(script="'self'", worker="'self'")
        hashed = path.startswith("assets")
        headers["Cache-Control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return response


def _front_door(request: Request) -> Response:
    if "text/html" in request.headers.get("accept", ""):
        return _to_playground(request)
    return JSONResponse({"graphql": "/graphql", "playground": "/playground/"}, headers={"Vary": "Accept"})


def _to_playground(_request: Request) -> Response:
    return RedirectResponse("playground/", headers={"Vary": "Accept"})  # relative: right below a path prefix, too


def _online_route() -> Route:
    page = ONLINE_PAGE.read_text(encoding="utf-8")
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in _INLINE_SCRIPT.findall(page))
    policy = _policy(script=f"{hashes} {CDN}", worker="'none'", style=CDN)
    headers = {**_HEADERS, "Content-Security-Policy": policy, "Cache-Control": "no-cache"}
    return Route("/playground/", lambda _request: HTMLResponse(page, headers=headers))


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _policy(*, script: str, worker: str, style: str = "'self'") -> str:
    """Let in what the editor needs: style elements that it writes itself and icons held as data URIs."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {script}",
            f"worker-src {worker}",
            f"style-src 'unsafe-inline' {style}",
            "font-src 'self' data:",
            "img-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )
