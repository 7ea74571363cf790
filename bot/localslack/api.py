"""The Web API endpoint: arguments, token, scope, fault, method, answer; and a record of every call.

In: an HTTP request to `/api/METHOD`. Out: Slack's JSON answer, `ok` or an error word.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.localslack.arguments import Arguments, read_body
from bot.localslack.faults import Fault
from bot.localslack.methods import METHODS
from bot.localslack.methods.method import Method, missing_scope
from bot.localslack.refusal import Json, Refused
from bot.localslack.workspace import Call, Workspace

OK, TOO_MANY = 200, 429


class WebApi:
    """All methods, behind the two tokens of the app."""

    def __init__(self, workspace: Workspace, *, bot_token: str, app_token: str) -> None:
        self._workspace = workspace
        self._tokens = {"bot": bot_token, "app": app_token}

    async def __call__(self, request: Request) -> Response:
        """Answer one call."""
        name = request.path_params["method"]
        values: Json = {}
        answer: Json
        # Read first: a call that arrived whole takes effect, though its sender may be gone by the end of a delay.
        content = await request.body()
        fault = self._workspace.faults.take(name)
        if fault and fault.delay_seconds:
            await asyncio.sleep(fault.delay_seconds)
        try:
            values = read_body(request.headers.get("content-type", ""), content, request.url.query)
            token = request.headers.get("authorization", "").removeprefix("Bearer ") or str(values.pop("token", ""))
            if fault and fault.status != OK and not fault.after:
                return broken(self._workspace, name, values, fault)
            answer = {"ok": True, **self._run(name, token, Arguments(values))}
        except Refused as refused:
            answer = {"ok": False, "error": refused.error, **refused.details}
        if fault and fault.after:
            return broken(self._workspace, name, values, fault)
        self._workspace.calls.append(Call(name, values, answer.get("error", "")))
        return JSONResponse(answer, headers={"x-oauth-scopes": ",".join(sorted(self._workspace.app.scopes))})

    def _run(self, name: str, token: str, args: Arguments) -> Json:
        method = METHODS.get(name)
        if method is None:
            raise Refused("unknown_method", req_method=name)
        self._check_token(method, token)
        if method.scopes and not self._workspace.app.scopes.intersection(method.scopes):
            raise missing_scope(self._workspace, method.scopes)
        return method.run(self._workspace, args)

    def _check_token(self, method: Method, token: str) -> None:
        if not token:
            raise Refused("not_authed")
        if token not in self._tokens.values():
            raise Refused("invalid_auth")
        if token != self._tokens[method.credential]:
            raise Refused("not_allowed_token_type")


def broken(workspace: Workspace, name: str, values: Json, fault: Fault) -> Response:
    """The answer of a call that a fault hits, noted among the app's calls."""
    error = "ratelimited" if fault.status == TOO_MANY else "internal_error"
    workspace.calls.append(Call(name, values, error, injected=True))
    headers = {"retry-after": str(fault.retry_after_seconds)} if fault.status == TOO_MANY else {}
    return JSONResponse({"ok": False, "error": error}, status_code=fault.status, headers=headers)


async def with_faults(workspace: Workspace, name: str, answer: Callable[[], Awaitable[Response]]) -> Response:
    """What is not a Web API method (`upload`, `response_url`), with the faults asked for."""
    fault = workspace.faults.take(name)
    if fault is None:
        return await answer()
    await asyncio.sleep(fault.delay_seconds)
    if fault.status == OK:
        return await answer()
    if fault.after:
        await answer()
    return broken(workspace, name, {}, fault)
