"""A Request URL on this machine: what Slack posts to an app in HTTP mode, with every answer under the test's control."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from slack_bolt import App, BoltRequest

Payload = dict[str, Any]


@dataclass(frozen=True)
class Request:
    headers: dict[str, str]
    body: str

    @property
    def payload(self) -> Payload:
        """Whatever the encoding."""
        if self.headers["content-type"] == "application/json":
            return dict(json.loads(self.body))
        form = {name: values[0] for name, values in parse_qs(self.body, keep_blank_values=True).items()}
        return dict(json.loads(form["payload"])) if "payload" in form else form


Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Site:
    """A Request URL; `answer` says what comes back, challenges aside."""

    answer: Callable[[Request], Answer] = lambda _: (200, {}, b"")
    requests: list[Request] = field(default_factory=list)
    url: str = ""


@contextmanager
def serve(site: Site, *, port: int = 0) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            request = Request({name.lower(): value for name, value in self.headers.items()}, body)
            if request.payload.get("type") == "url_verification":
                answer: Answer = (200, {"content-type": "text/plain"}, request.payload["challenge"].encode())
            else:
                site.requests.append(request)
                answer = site.answer(request)
            status, headers, content = answer
            self.send_response(status)
            for name, value in ({"content-length": str(len(content))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        site.url = f"http://127.0.0.1:{server.server_port}/slack/events"
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def bolt(app: App) -> Callable[[Request], Answer]:
    """Let a Bolt app answer, its signature check included."""

    def answer(request: Request) -> Answer:
        done = app.dispatch(BoltRequest(body=request.body, headers={**request.headers}))
        return done.status, {name: values[0] for name, values in done.headers.items()}, done.body.encode()

    return answer
