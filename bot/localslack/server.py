"""The HTTP side: one Starlette application with Slack's endpoints, the control API and the page.

In: a workspace and its two tokens. Out: an ASGI application. It answers only requests made to a loopback name, so that no
foreign web page can reach it through a name of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from bot.localslack.api import WebApi, with_faults
from bot.localslack.arguments import form_parts, read_body
from bot.localslack.control import Control
from bot.localslack.nouns import File
from bot.localslack.refusal import Refused
from bot.localslack.responses import respond
from bot.localslack.workspace import Call, Workspace

Endpoint = Callable[[Request], Awaitable[Response]]
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PAGE = Path(__file__).parent / "page"
# Everything the page loads is its own; pictures may come from anywhere, as in Slack.
_POLICY = {"content-security-policy": "default-src 'self'; img-src 'self' data: http: https:; frame-ancestors 'none'"}
_SIGN_IN = "<!DOCTYPE html><html><head><title>Sign in to Local workspace | Slack</title></head><body>Sign in</body></html>"


def application(workspace: Workspace, control: Control, *, bot_token: str, app_token: str) -> Starlette:
    """The whole site."""
    bytes_in_out = _Bytes(workspace, bot_token)

    async def page(request: Request) -> Response:
        del request
        return FileResponse(PAGE / "index.html", headers=_POLICY)

    async def socket(websocket: WebSocket) -> None:
        await workspace.sockets.serve(websocket)

    def faulty(name: str, endpoint: Endpoint) -> Endpoint:
        async def answer(request: Request) -> Response:
            return await with_faults(workspace, name, lambda: endpoint(request))

        return answer

    routes = [
        Route("/api/{method}", WebApi(workspace, bot_token=bot_token, app_token=app_token).__call__, methods=["GET", "POST"]),
        WebSocketRoute("/socket", socket),
        Route("/upload/{file}", faulty("upload", bytes_in_out.upload), methods=["POST"]),
        Route("/files-pri/{file}/{name}", bytes_in_out.download),
        Route("/files-pri/{file}/download/{name}", bytes_in_out.download),
        Route("/response/{key}", faulty("response_url", bytes_in_out.response_url), methods=["POST"]),
        Route("/control/state", control.state),
        Route("/control/text", control.text),
        Route("/control/calls", control.calls),
        Route("/control/stream", control.stream),
        Route("/control/files/{file}", bytes_in_out.show),
        Route("/control/{verb}", control.act, methods=["POST"]),
        Route("/", page),
        Route("/archives/{channel}/{message}", page),
        Mount("/page", StaticFiles(directory=PAGE)),
    ]
    hosts = [f"[{host}]" if ":" in host else host for host in LOOPBACK]
    return Starlette(routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)])


class _Bytes:
    """File contents in and out, and posts to response URLs: everything outside the JSON of the Web API."""

    def __init__(self, workspace: Workspace, bot_token: str) -> None:
        self._workspace = workspace
        self._bot_token = bot_token

    async def upload(self, request: Request) -> Response:
        """The middle step of an upload: raw bytes, or a form with a part `file` or `filename`; of the announced length."""
        file = self._workspace.store.files.get(request.path_params["file"])
        content = await request.body()
        content_type = request.headers.get("content-type", "")
        if content_type.startswith("multipart/form-data"):
            parts = form_parts(content_type, content)
            content = parts.get("file", parts.get("filename", b""))
        if file is None or file.content is not None:
            return PlainTextResponse("upload url unknown or used", status_code=404)
        if len(content) != file.length:
            return PlainTextResponse(f"announced {file.length} bytes, got {len(content)}", status_code=400)
        self._workspace.store.files[file.id] = file.filled(content)
        return PlainTextResponse(f"OK - {len(content)}")

    async def download(self, request: Request) -> Response:
        """A file's `url_private` and `url_private_download`.

        Without the bot's token or the scope files:read the answer is what real Slack ends up at: its sign-in page, with HTTP 200.
        """
        allowed = (
            request.headers.get("authorization") == f"Bearer {self._bot_token}" and "files:read" in self._workspace.app.scopes
        )
        return self._file(request) if allowed else HTMLResponse(_SIGN_IN)

    async def show(self, request: Request) -> Response:
        """The same for the page."""
        return self._file(request)

    def _file(self, request: Request) -> Response:
        file: File | None = self._workspace.store.files.get(request.path_params["file"])
        if file is None or file.content is None:
            return JSONResponse({"ok": False, "error": "file_not_found"}, status_code=404)
        # `sandbox`: an uploaded HTML or SVG file must not run as a part of the page.
        headers = {"content-security-policy": "sandbox", "x-content-type-options": "nosniff"}
        shown = "text/plain; charset=utf-8" if file.is_text else file.mimetype
        return Response(file.content, media_type=shown, headers=headers)

    async def response_url(self, request: Request) -> Response:
        """One post to a response URL; refusals are recorded beside those of the Web API, for nobody reads their answer."""
        body = {}
        try:
            body = read_body(request.headers.get("content-type", ""), await request.body(), "")
            respond(self._workspace, self._workspace.grants.use_response(request.path_params["key"]), body)
        except Refused as refused:
            self._workspace.calls.append(Call("response_url", body, refused.error))
            status = 404 if refused.error in {"used_url", "expired_url"} else 400
            return JSONResponse({"ok": False, "error": refused.error, **refused.details}, status_code=status)
        self._workspace.calls.append(Call("response_url", body))
        return PlainTextResponse("ok")
