"""Serves GraphiQL at "/", from the files that ide/ builds into ide_dist/."""

import gzip
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

BUILT = Path(__file__).parent / "ide_dist"

# The editor places its lines and menus with inline styles; everything else comes from files of this server.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "font-src 'self' data:",
        "img-src 'self' data:",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}


def routes(*, demo: bool) -> list[Route]:
    """The page at "/" and what it loads from "/ide/"; with `demo` the page offers the demo's log-ins."""
    page = _page(demo=demo)
    tag = f'"{sha256(page).hexdigest()[:32]}"'
    assets = {file.name.removesuffix(".gz"): _Asset.read(file) for file in (BUILT / "ide").iterdir()}

    async def index(request: Request) -> Response:
        headers = {**HEADERS, "Cache-Control": "no-cache", "ETag": tag}
        if tag in request.headers.get("If-None-Match", ""):
            return Response(status_code=304, headers=headers)
        return Response(page, headers=headers, media_type="text/html")

    async def asset(request: Request) -> Response:
        found = assets.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        return found.response(request.headers.get("Accept-Encoding", ""))

    return [Route("/", index), Route("/ide/{name}", asset)]


def _page(*, demo: bool) -> bytes:
    page = (BUILT / "index.html").read_bytes()
    return page.replace(b"<html ", b"<html data-demo ", 1) if demo else page


@dataclass(frozen=True)
class _Asset:
    """A built file whose name changes with its content, kept as it is committed, compressed, and as others want it."""

    packed: bytes
    media_type: str

    @classmethod
    def read(cls, file: Path) -> "_Asset":
        return cls(file.read_bytes(), MEDIA_TYPES[Path(file.stem).suffix])

    @cached_property
    def plain(self) -> bytes:
        """Unpacked once, when somebody wants it: all files together take 7 MB."""
        return gzip.decompress(self.packed)

    def response(self, accepted: str) -> Response:
        headers = {
            **HEADERS,
            "Cache-Control": "public, max-age=31536000, immutable",
            "Content-Type": self.media_type,
            "Vary": "Accept-Encoding",
        }
        if "gzip" in accepted:
            return Response(self.packed, headers={**headers, "Content-Encoding": "gzip"})
        return Response(self.plain, headers=headers)
