"""GraphiQL's files: built from the committed source, served without an outside address."""

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette

from gateway.transport import ide

SOURCE = Path(__file__).parents[3] / "ide"
MANIFEST = json.loads((ide.BUILT / "manifest.json").read_text())


def serving(*, demo: bool) -> AsyncClient:
    transport = ASGITransport(Starlette(routes=list(ide.routes(demo=demo))))
    return AsyncClient(transport=transport, base_url="http://gateway")


@pytest.fixture
def client() -> AsyncClient:
    return serving(demo=False)


def digests(root: Path, files: Iterator[Path]) -> dict[str, str]:
    return {str(file.relative_to(root)): sha256(file.read_bytes()).hexdigest() for file in files if file.is_file()}


def test_the_build_was_made_from_the_committed_source() -> None:
    files = (file for name in ("build", "src") for file in (SOURCE / name).rglob("*"))
    top = (SOURCE / name for name in MANIFEST["sources"] if "/" not in name)

    assert digests(SOURCE, files) | digests(SOURCE, top) == MANIFEST["sources"]
    assert {"index.html", "package-lock.json", "package.json", "vite.config.ts"} < MANIFEST["sources"].keys()


def test_nobody_edited_the_build_by_hand() -> None:
    built = digests(ide.BUILT, ide.BUILT.rglob("*"))
    del built["manifest.json"]

    assert built == MANIFEST["built"]


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((SOURCE / "package-lock.json").read_text())

    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


async def test_the_page_loads_only_what_the_gateway_serves(client: AsyncClient) -> None:
    page = await client.get("/")

    links = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert len(links) >= 3
    assert {(await client.get(link)).status_code for link in links} == {200}
    assert all(link.startswith("/ide/") for link in links)


async def test_the_page_runs_under_a_strict_policy(client: AsyncClient) -> None:
    page = await client.get("/")

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    policy = dict(directive.split(" ", 1) for directive in page.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["worker-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "<script>" not in page.text


async def test_the_page_is_asked_for_again_only_when_it_changed(client: AsyncClient) -> None:
    first = await client.get("/")
    again = await client.get("/", headers={"If-None-Match": first.headers["ETag"]})
    other = await client.get("/", headers={"If-None-Match": '"other"'})

    assert first.headers["Cache-Control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert (other.status_code, other.text) == (200, first.text)


async def test_only_the_demo_offers_its_log_ins(client: AsyncClient) -> None:
    usual = await client.get("/")
    demo = await serving(demo=True).get("/")

    assert "data-demo" not in usual.text
    assert demo.text.count("<html data-demo ") == 1
    assert demo.headers["ETag"] != usual.headers["ETag"]


@pytest.mark.parametrize("name", sorted(name for name in MANIFEST["built"] if name.startswith("ide/")))
async def test_an_asset_is_the_same_packed_and_plain(client: AsyncClient, name: str) -> None:
    path = "/" + name.removesuffix(".gz")

    packed = await client.get(path, headers={"Accept-Encoding": "gzip"})
    plain = await client.get(path, headers={"Accept-Encoding": "identity"})

    assert (packed.headers["Content-Encoding"], plain.headers.get("Content-Encoding")) == ("gzip", None)
    assert packed.content == plain.content
    assert packed.headers["Content-Type"] == ide.MEDIA_TYPES[Path(path).suffix]
    assert packed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert packed.headers["Content-Security-Policy"] == ide.CONTENT_SECURITY_POLICY
    assert (await client.head(path)).status_code == 200


async def test_an_asset_is_unpacked_once(client: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/" + next(name for name in MANIFEST["built"] if name.endswith(".js.gz")).removesuffix(".gz")
    first = await client.get(path, headers={"Accept-Encoding": "identity"})
    monkeypatch.delattr("gzip.decompress")

    again = await client.get(path, headers={"Accept-Encoding": "identity"})

    assert again.content == first.content


@pytest.mark.parametrize("path", ["/ide/none.js", "/ide/manifest.json", "/ide/..%2findex.html", "/ide/"])
async def test_nothing_else_is_served(client: AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


def test_the_licences_of_what_is_bundled_are_beside_it() -> None:
    licences = (ide.BUILT / "THIRD-PARTY-LICENSES.txt").read_text()

    for package in ("graphiql 5", "monaco-editor 0", "react 19", "graphql 16", "@fontsource/fira-code 5"):
        assert re.search(rf"^{re.escape(package)}\S* \([\w.-]+\)$", licences, re.MULTILINE)
