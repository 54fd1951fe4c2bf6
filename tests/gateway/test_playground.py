"""The page's routes with and without built assets, and the examples against the graph."""

from pathlib import Path

import httpx
import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    parse,
    print_ast,
    validate,
)
from starlette.applications import Starlette

from gateway.playground import playground_routes

ROOT = Path(__file__).parents[2]
EXAMPLES = [
    definition
    for definition in parse((ROOT / "console/src/examples.graphql").read_text(encoding="utf-8")).definitions
    if isinstance(definition, OperationDefinitionNode)
]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Lay out a built page in small, its index and one hashed asset, beside a file that is none of its."""
    page = tmp_path / "console"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<title>trigraph</title>")
    (page / "assets/index-abc.js").write_text("void 0")
    (tmp_path / "secret.txt").write_text("secret")
    return page


def browse(assets: Path) -> httpx.AsyncClient:
    app = Starlette(routes=playground_routes(assets))
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", headers={"Accept": "text/html,*/*"}
    )


async def test_a_browser_is_sent_from_the_front_door_to_the_page(built: Path) -> None:
    """`/` ends at `/playground/` for a browser, and so does the path without its last slash."""
    async with browse(built) as browser:
        for path in ("/", "/playground"):
            answer = await browser.get(path, follow_redirects=True)
            assert (answer.status_code, answer.url.path) == (200, "/playground/")


async def test_a_program_is_told_at_the_front_door_where_the_graph_is(built: Path) -> None:
    """`/` names the graph's address in JSON to whoever does not ask for a page."""
    async with browse(built) as browser:
        answer = await browser.get("/", headers={"Accept": "*/*"})
    assert answer.json() == {"graphql": "/graphql", "playground": "/playground/"}


async def test_hashed_assets_are_kept_and_the_page_is_not(built: Path) -> None:
    """A new build is seen at the next visit, and what did not change is not fetched again."""
    async with browse(built) as browser:
        page = await browser.get("/playground/")
        asset = await browser.get("/playground/assets/index-abc.js")
    assert page.headers["Cache-Control"] == "no-cache"
    assert asset.headers["Cache-Control"] == "public, max-age=31536000, immutable"


async def test_the_built_page_may_load_from_its_own_host_only(built: Path) -> None:
    """The policy of page and workers names no other host, no inline script and no eval, and forbids framing."""
    async with browse(built) as browser:
        for path in ("/playground/", "/playground/assets/index-abc.js"):
            headers = (await browser.get(path)).headers
            policy = headers["Content-Security-Policy"]
            assert "http" not in policy
            assert "unsafe-eval" not in policy
            assert "script-src 'self';" in policy
            assert "frame-ancestors 'none'" in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "no-referrer"


async def test_nothing_outside_the_assets_is_served(built: Path) -> None:
    """A path that climbs out of the folder, or names nothing in it, is not found."""
    async with browse(built) as browser:
        answers = [await browser.get(f"/playground/{path}") for path in ("..%2fsecret.txt", "nothing.js")]
    assert [answer.status_code for answer in answers] == [404, 404]


async def test_without_assets_the_page_says_that_it_uses_a_cdn(tmp_path: Path) -> None:
    """The fallback names the CDN, pins and seals each file of it, and its policy allows that host only."""
    async with browse(tmp_path) as browser:
        answer = await browser.get("/playground/")
    policy = answer.headers["Content-Security-Policy"]
    assert "public CDN" in answer.text
    assert answer.text.count("https://cdn.jsdelivr.net/npm/") == answer.text.count('integrity="sha384-') == 5
    assert {word for word in policy.split() if word.startswith("http")} <= {
        "https://cdn.jsdelivr.net/npm/",
        "https://cdn.jsdelivr.net/npm/;",
    }
    assert "'sha256-" in policy
    assert "unsafe-eval" not in policy


@pytest.fixture(scope="module")
def graph() -> GraphQLSchema:
    """Read the graph as committed."""
    return build_schema((ROOT / "schema/schema.graphql").read_text(encoding="utf-8"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name.value)
def test_every_example_is_valid(example: OperationDefinitionNode, graph: GraphQLSchema) -> None:
    """An example that is opened in the playground runs as it stands."""
    assert validate(graph, DocumentNode(definitions=(example,))) == [], print_ast(example)


def test_every_root_field_has_an_example(graph: GraphQLSchema) -> None:
    """A root field added to the graph wants an example."""
    shown = {
        (example.operation.value, field.name.value)
        for example in EXAMPLES
        for field in example.selection_set.selections
        if isinstance(field, FieldNode)
    }
    roots = [graph.query_type, graph.mutation_type, graph.subscription_type]
    assert shown == {(root.name.lower(), name) for root in roots if root for name in root.fields}
