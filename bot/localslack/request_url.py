"""HTTP mode: signed posts to the app's Request URL, which serves events, commands, interactivity and options alike.

In: payloads for the app. Out: an `Ack` for each. Encodings and headers as Slack sends them: events as JSON; commands as a form;
clicks, views, shortcuts and option requests as a form with one field `payload`. Source: Slack's guides "Verifying requests from
Slack" (signature), "Using the Slack Events API" (challenge, retries) and "Implementing slash commands".

>>> sign("secret", b"a=1", timestamp=1531420618)
'v0=5bef7b081e15553df73ac791b97494721c24d9eaba390af2df2364fa1e1b3ff2'
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import time
import uuid
from urllib.parse import urlencode, urlsplit

import httpx

from bot.localslack.delivery import Ack
from bot.localslack.refusal import Json

FORM = "application/x-www-form-urlencoded"
VERIFY_EVERY_SECONDS = 0.2
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_OK = 200


def sign(secret: str, body: bytes, *, timestamp: int) -> str:
    """The `X-Slack-Signature` of a request body sent at `timestamp` (Unix seconds)."""
    return "v0=" + hmac.new(secret.encode(), b"v0:%d:%b" % (timestamp, body), hashlib.sha256).hexdigest()


class RequestUrl:
    """The app behind one URL. It counts as connected once it has answered the challenge, which is sent until then."""

    def __init__(self, url: str, *, signing_secret: str, ack_seconds: float) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname not in LOOPBACK:
            raise ValueError(f"the request URL must be http:// on {', '.join(LOOPBACK)}, not {url}")
        self._url = url
        self._secret = signing_secret
        self._ack_seconds = ack_seconds
        # No proxy and no redirect: what is meant for this machine stays on it.
        self._client = httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=ack_seconds)
        self._verified = False
        self._verifying: asyncio.Task[None] | None = None

    @property
    def connections(self) -> int:
        """1 once the app has answered the challenge."""
        return int(self._verified)

    def start(self) -> None:
        """Send the challenge until the app answers it."""
        self._verifying = asyncio.get_running_loop().create_task(self._verify())

    async def _verify(self) -> None:
        while not self._verified:
            challenge = uuid.uuid4().hex
            body = {"token": "local-verification-token", "challenge": challenge, "type": "url_verification"}
            with contextlib.suppress(httpx.HTTPError, TimeoutError):
                answer = await self._post(json.dumps(body).encode(), "application/json", {})
                self._verified = answer.status_code == _OK and _echoed(answer) == challenge
            await asyncio.sleep(VERIFY_EVERY_SECONDS)

    async def send(self, kind: str, payload: Json, *, attempt: int = 0, reason: str = "") -> Ack:
        """One try. Events want any 2xx within the time limit, people's gestures want 200; a JSON or text body is the answer."""
        is_event = kind == "events_api"
        if is_event and not self._verified:
            return Ack("dispatch_failed", reason="connection_failed")
        headers = {"x-slack-retry-num": str(attempt), "x-slack-retry-reason": reason} if attempt else {}
        try:
            answer = await self._post(*_encoded(kind, payload), headers)
        except (TimeoutError, httpx.TimeoutException):
            return Ack("operation_timeout", reason="http_timeout")
        except httpx.HTTPError:
            return Ack("dispatch_failed", reason="connection_failed")
        if not (answer.is_success if is_event else answer.status_code == _OK):
            turned = "too_many_redirects" if answer.is_redirect else "http_error"
            return Ack("dispatch_failed", reason=turned, no_retry=answer.headers.get("x-slack-no-retry") == "1")
        return Ack(payload=None if is_event else _answered(answer))

    async def _post(self, body: bytes, content_type: str, headers: dict[str, str]) -> httpx.Response:
        now = int(time.time())
        signed = {
            "content-type": content_type,
            "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "x-slack-request-timestamp": str(now),
            "x-slack-signature": sign(self._secret, body, timestamp=now),
        }
        return await asyncio.wait_for(self._client.post(self._url, content=body, headers=signed | headers), self._ack_seconds)

    async def close(self) -> None:
        """Stop asking, and hang up."""
        if self._verifying is not None:
            self._verifying.cancel()
            await asyncio.gather(self._verifying, return_exceptions=True)
        await self._client.aclose()


def _encoded(kind: str, payload: Json) -> tuple[bytes, str]:
    if kind == "events_api":
        return json.dumps(payload).encode(), "application/json"
    return urlencode(payload if kind == "slash_commands" else {"payload": json.dumps(payload)}).encode(), FORM


def _echoed(answer: httpx.Response) -> str:
    """The challenge as the app sent it back: as JSON, as a form, or bare."""
    given = _answered(answer) or {}
    return str(given.get("challenge") or given.get("text", "")).removeprefix("challenge=").strip()


def _answered(answer: httpx.Response) -> Json | None:
    """The ack's payload: a JSON object, or plain text as the text of a message; None when the body is empty."""
    if not answer.content.strip():
        return None
    with contextlib.suppress(ValueError):
        given = answer.json()
        return given if isinstance(given, dict) else None
    return {"text": answer.text}
