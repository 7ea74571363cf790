"""Strict stand-ins for the servers that know instances and logs: they refuse what the real ones would refuse."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from misbehaving import http_answer

from bot.model.history import HistorySeries
from bot.parse.history import to_matrix

TOKEN = "t0ken"  # noqa: S105  # of the stand-in


@dataclass
class Request:
    """A GET request as it came."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


def answering(answer: Callable[[Request], tuple[str, bytes]]) -> Callable[[socket.socket, bytes], None]:
    """Return a reply for `Misbehaving` that is made of the request: a status line and a body."""

    def reply(connection: socket.socket, raw: bytes) -> None:
        first, *lines = raw.decode().split("\r\n")
        method, target, _ = first.split(" ")
        url = urlsplit(target)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        query = {name: values[0] for name, values in parse_qs(url.query, strict_parsing=True).items()} if url.query else {}
        assert method == "GET"
        status, body = answer(Request(url.path, query, headers))
        connection.sendall(http_answer(body, status=status, Content_Type="application/json"))

    return reply


def event(reason: str, about: str, message: str = "", *, at: str = "2026-11-20T11:58:00Z") -> dict[str, Any]:
    """Return an event about `Kind/name` as the API server gives it; those about nodes stand in the namespace `default`."""
    kind, _, name = about.partition("/")
    namespace = "default" if kind == "Node" else "shop"
    return {
        "metadata": {"name": f"{name}.18a", "namespace": namespace, "managedFields": [{"manager": "kubelet"}]},
        "involvedObject": {"kind": kind, "name": name, "uid": "9f3c"} | ({} if kind == "Node" else {"namespace": namespace}),
        "reason": reason,
        "message": message,
        "count": 1,
        "firstTimestamp": at,
        "lastTimestamp": at,
        "type": "Warning",
    }


def pod(name: str, *, ip: str = "", restarts: int = 0, phase: str = "Running", containers: int = 1) -> dict[str, Any]:
    """Return a pod as the API server gives it."""
    ports = [{"name": "http", "containerPort": 8080}, {"name": "pprof", "containerPort": 6060}]
    found = [{"name": "app", "ports": ports}, *({"name": f"sidecar-{number}"} for number in range(1, containers))]
    status: dict[str, Any] = {"phase": phase, "containerStatuses": [{"name": "app", "restartCount": restarts}]}
    return {
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"containers": found},
        "status": status | ({"podIP": ip} if ip else {}),
    }


@dataclass
class Kubernetes:
    """The API server: pods of the namespace `shop` with the label `app=checkout`, logs by (pod, previous), and events.

    `forbidden` lists namespaces of which the token may not list events.
    """

    pods: list[dict[str, Any]]
    logs: Mapping[tuple[str, bool], bytes] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    forbidden: tuple[str, ...] = ()

    def __call__(self, request: Request) -> tuple[str, bytes]:
        """Answer a request."""
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return "401 Unauthorized", self._failure("Unauthorized")
        if request.path == "/api/v1/namespaces/shop/pods":
            found = self.pods if request.query == {"labelSelector": "app=checkout"} else []
            return "200 OK", json.dumps({"kind": "PodList", "apiVersion": "v1", "items": found}).encode()
        if request.path in ("/api/v1/namespaces/shop/events", "/api/v1/namespaces/default/events"):
            return self._events(request.path.split("/")[4], request.query)
        name, _, what = request.path.removeprefix("/api/v1/namespaces/shop/pods/").partition("/")
        known = next((item for item in self.pods if item["metadata"]["name"] == name), None)
        if known is None or what != "log":
            return "404 Not Found", self._failure(f'pods "{name}" not found')
        return self._log(known, request.query)

    def _log(self, known: dict[str, Any], query: Mapping[str, str]) -> tuple[str, bytes]:
        name = known["metadata"]["name"]
        assert set(query) <= {"container", "previous", "tailLines", "sinceSeconds"}
        assert int(query["tailLines"]) > 0
        if query["container"] not in [container["name"] for container in known["spec"]["containers"]]:
            return "400 Bad Request", self._failure(f"container {query['container']} is not valid for pod {name}")
        previous = query.get("previous") == "true"
        if previous and not known["status"]["containerStatuses"][0]["restartCount"]:
            return "400 Bad Request", self._failure(f"previous terminated container app in pod {name} not found")
        return "200 OK", self.logs.get((name, previous), b"")

    def _events(self, namespace: str, query: Mapping[str, str]) -> tuple[str, bytes]:
        """List events in pages, in the order of their names."""
        assert set(query) <= {"limit", "continue", "fieldSelector"}
        assert 0 < int(query["limit"]) <= 500
        if namespace in self.forbidden:
            return "403 Forbidden", self._failure(
                f'events is forbidden: cannot list resource "events" in the namespace "{namespace}"'
            )
        field_name, _, wanted = query.get("fieldSelector", "").partition("=")
        assert field_name in ("", "involvedObject.kind")
        found = [
            item
            for item in self.events
            if item["metadata"]["namespace"] == namespace and wanted in ("", item["involvedObject"]["kind"])
        ]
        start, size = int(query.get("continue", "0")), int(query["limit"])
        rest = {"continue": str(start + size)} if start + size < len(found) else {}
        page = found[start : start + size]
        return "200 OK", json.dumps({"kind": "EventList", "apiVersion": "v1", "metadata": rest, "items": page}).encode()

    def _failure(self, message: str) -> bytes:
        return json.dumps({"kind": "Status", "status": "Failure", "message": message}).encode()


@dataclass
class Loki:
    """Loki with the streams of one query: the lines of each by nanoseconds."""

    query: str
    streams: Mapping[str, list[tuple[int, str]]]
    pages: int = 0

    def __call__(self, request: Request) -> tuple[str, bytes]:
        """Answer a query over a range of time: its start counts, its end does not."""
        if request.path != "/loki/api/v1/query_range":
            return "404 Not Found", b"404 page not found"
        if request.query["query"] != self.query:
            return "400 Bad Request", b"parse error at line 1, col 1: syntax error"
        assert set(request.query) == {"query", "start", "end", "limit", "direction"}
        assert request.query["direction"] == "backward"
        assert int(request.query["limit"]) <= 5000
        self.pages += 1
        span = range(int(request.query["start"]), int(request.query["end"]))
        lines = sorted(
            ((at, name, text) for name, found in self.streams.items() for at, text in found if at in span), reverse=True
        )
        result: dict[str, list[list[str]]] = {}
        for at, name, text in lines[: int(request.query["limit"])]:
            result.setdefault(name, []).append([str(at), text])
        data = {"resultType": "streams", "result": [{"stream": {"pod": name}, "values": found} for name, found in result.items()]}
        return "200 OK", json.dumps({"status": "success", "data": data}).encode()


@dataclass
class Prometheus:
    """Prometheus with the series of one query, by their label `instance`."""

    query: str
    instances: list[str]

    def __call__(self, request: Request) -> tuple[str, bytes]:
        """Answer an instant query."""
        if request.path != "/api/v1/query":
            return "404 Not Found", b"404 page not found"
        if request.query != {"query": self.query}:
            said: dict[str, Any] = {"status": "error", "errorType": "bad_data", "error": 'invalid parameter "query"'}
            return "400 Bad Request", json.dumps(said).encode()
        series = [{"metric": {"__name__": "up", "instance": name}, "value": [1763647331.0, "1"]} for name in self.instances]
        return "200 OK", json.dumps({"status": "success", "data": {"resultType": "vector", "result": series}}).encode()


class RangeQueries:
    """Prometheus with one answer to range queries about `job="checkout"`; it writes down what it was asked."""

    def __init__(self, *series: HistorySeries) -> None:
        self.series = series
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> tuple[str, bytes]:
        """Answer a range query; more than 11,000 points of a series are too many."""
        self.asked.append(request)
        if request.path != "/api/v1/query_range":
            return "404 Not Found", b"404 page not found"
        assert set(request.query) == {"query", "start", "end", "step"}
        start, end, step = (float(request.query[name]) for name in ("start", "end", "step"))
        assert end > start
        assert (end - start) / step <= 11_000
        if 'job="checkout"' not in request.query["query"]:
            said = {"status": "error", "errorType": "bad_data", "error": 'invalid parameter "query"'}
            return "400 Bad Request", json.dumps(said).encode()
        return "200 OK", to_matrix(self.series)
