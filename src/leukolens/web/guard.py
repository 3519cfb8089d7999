"""What every request must pass before anything looks at it: Host, Origin and size; and the headers of every answer.

A page of another site can make a browser send requests here. It cannot forge Origin, nor choose a Host that we answer
to: a name of its own that resolves to 127.0.0.1 (DNS rebinding) is turned away.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leukolens.web.settings import ReviewSettings

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
UPLOADS = "/uploads"
"""How the address of an upload ends: these alone may be large."""
_TOO_LARGE = "more than {:,} bytes at once"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with no-referrer a browser calls its own form's Origin null
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, settings: ReviewSettings) -> None:
        self._app = app
        self._settings = settings
        self._flying = 0
        scheme = "https" if settings.secure else "http"
        self._origins = {f"{scheme}://{host}" for host in settings.hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # no websockets here; the server's own start and end pass
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        most = self._settings.max_upload if scope["path"].endswith(UPLOADS) else self._settings.max_body
        refused = self._refused(scope, most)
        if refused is not None:
            await refused(scope, receive, self._with_headers(scope, send))
            return
        if self._flying >= self._settings.max_flying:
            busy = PlainTextResponse("Too many requests at once.\n", 429, {"Retry-After": "1"})
            await busy(scope, receive, self._with_headers(scope, send))
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:  # it gave no length, or a wrong one
                raise HTTPException(413, _TOO_LARGE.format(most))
            return message

        self._flying += 1
        try:
            await self._app(scope, counted, self._with_headers(scope, send))
        finally:
            self._flying -= 1

    def _refused(self, scope: Scope, most: int) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        if headers.get("host", "") not in self._settings.hosts:
            return PlainTextResponse("This server does not answer to that name.\n", 421)
        if scope["method"] not in SAFE and "origin" in headers and headers["origin"] not in self._origins:
            return PlainTextResponse("This request came from another site.\n", 403)
        length = headers.get("content-length", "0")
        if not length.isdigit():
            return PlainTextResponse("Content-Length is not a number.\n", 400)
        return PlainTextResponse(f"{_TOO_LARGE.format(most)}.\n", 413) if int(length) > most else None

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")  # patients stay out of the browser's cache
                if self._settings.secure:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        return sending
