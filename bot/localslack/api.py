"""The Web API endpoint: arguments, token, scope, fault, method, answer; and a record of every call.

In: an HTTP request to `/api/METHOD`. Out: Slack's JSON answer, `ok` or an error word.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.localslack.arguments import Arguments, read_body
from bot.localslack.faults import Fault
from bot.localslack.methods import METHODS
from bot.localslack.methods.method import Method, missing_scope
from bot.localslack.refusal import Json, Refused
from bot.localslack.workspace import Call, Workspace

TOO_MANY = 429


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
        fault = self._workspace.faults.take(name)
        if fault and fault.delay_seconds:
            await asyncio.sleep(fault.delay_seconds)
        try:
            values = read_body(request.headers.get("content-type", ""), await request.body(), request.url.query)
            token = request.headers.get("authorization", "").removeprefix("Bearer ") or str(values.pop("token", ""))
            if fault and fault.status != 200 and not fault.after:  # noqa: PLR2004 -- HTTP 200: only slow
                return self._broken(name, values, fault)
            answer = {"ok": True, **self._run(name, token, Arguments(values))}
        except Refused as refused:
            answer = {"ok": False, "error": refused.error, **refused.details}
        if fault and fault.after:
            return self._broken(name, values, fault)
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

    def _broken(self, name: str, values: Json, fault: Fault) -> Response:
        error = "ratelimited" if fault.status == TOO_MANY else "internal_error"
        self._workspace.calls.append(Call(name, values, error, injected=True))
        headers = {"retry-after": str(fault.retry_after_seconds)} if fault.status == TOO_MANY else {}
        return JSONResponse({"ok": False, "error": error}, status_code=fault.status, headers=headers)
