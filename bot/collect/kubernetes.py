"""Kubernetes: the pods of a service as targets, and their logs, those of containers that have ended included.

API: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1. Needed rights in the service's namespace:
`list` on `pods`, `get` on `pods/log`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bot.collect.api import Api
from bot.collect.discovery import target
from bot.collect.harvest import Harvest
from bot.collect.logs import LogWindow
from bot.errors import CollectError
from bot.model.evidence import CollectFailure, Evidence, Kind, Target

MAX_PODS = 20
"""Pods whose logs are read, those that restarted first."""
MAX_LINES = 200_000
"""Last lines of one log that are read; Kubernetes has no way to ask for the last bytes."""

_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
_ENDED_PHASES = ("Succeeded", "Failed")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pods:
    """The pods that a label selector finds in a namespace. `api` is None where no cluster is around."""

    api: Api | None
    namespace: str
    selector: str

    def list(self) -> list[Json]:
        """Return the pods.

        Raises:
            CollectError: Kubernetes cannot be asked, or finds none.
        """
        items = self._asked().json(self._path(), {"labelSelector": self.selector}, noun="list of pods").get("items")
        if not isinstance(items, list) or not items:
            raise CollectError(f"Kubernetes finds no pod in {self.namespace} by {self.selector}; correct namespace or selector")
        return [item for item in items if isinstance(item, dict)]

    def log(self, pod: str, query: Mapping[str, str | int]) -> bytes:
        """Return a log of a pod, empty when it wrote nothing.

        Raises:
            CollectError: Kubernetes cannot be asked, or does not give it.
        """
        return self._asked().text(self._path(pod, "log"), query, noun="log")

    def events(self, namespace: str, query: Mapping[str, str | int]) -> tuple[Sequence[Json], str]:
        """Return a page of the events in a namespace, and the token that the next page is asked for with; empty after the last.

        Raises:
            CollectError: Kubernetes cannot be asked, or does not give them.
        """
        path = f"/api/v1/namespaces/{quote(namespace, safe='')}/events"
        said = self._asked().json(path, query, noun="list of events")
        page = [item for item in said.get("items") or [] if isinstance(item, dict)]
        return page, str((said.get("metadata") or {}).get("continue") or "")

    def _asked(self) -> Api:
        if self.api is None:
            raise CollectError("no Kubernetes is around; run inside the cluster, or set kubernetes.url in the configuration")
        return self.api

    def _path(self, *more: str) -> str:
        return "/".join([f"/api/v1/namespaces/{quote(self.namespace, safe='')}/pods", *(quote(word, safe="") for word in more)])


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesFinder:
    """Every pod that has not ended is an instance, by its name; one that does not run yet, or not now, has no address."""

    service: str
    pods: Pods
    port: int | str
    scheme: str = "http"

    def find(self) -> tuple[Target, ...]:
        """List the pods."""
        alive = [pod for pod in self.pods.list() if _status(pod).get("phase") not in _ENDED_PHASES]
        ports = {pod_name(pod): self._port(pod) for pod in alive}
        if alive and not any(ports.values()):
            raise CollectError(
                f"no pod of {self.service} has a port named {self.port}; set discover.kubernetes.port to its number"
            )
        return tuple(self._target(pod, ports[pod_name(pod)]) for pod in sorted(alive, key=pod_name))

    def _target(self, pod: Json, port: int) -> Target:
        host = str(_status(pod).get("podIP") or "")
        if not host or not port or _status(pod).get("phase") != "Running":
            return Target(self.service, pod_name(pod))
        return target(self.service, host, port, self.scheme, instance=pod_name(pod))

    def _port(self, pod: Json) -> int:
        """Return the number of pprof's port; 0 when the pod has none of that name."""
        if isinstance(self.port, int):
            return self.port
        named = (port for container in _containers(pod) for port in container.get("ports") or [] if port.get("name") == self.port)
        return next((int(port["containerPort"]) for port in named), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesLogs:
    """The logs of the pods; with `previous` also that of the container before, where one has ended.

    `by_pod`: the log belongs to the pod as a target; else to the service as a whole, whose targets have other names.
    """

    service: str
    pods: Pods
    previous: bool = False
    container: str = ""
    by_pod: bool = True
    kind: Kind = Kind.SERVICE_LOG

    def read(self, window: LogWindow) -> Harvest:
        """Return the logs, of each pod the newest first, pods that restarted before the others."""
        try:
            pods = sorted(self.pods.list(), key=lambda pod: (-restarts(pod), pod_name(pod)))
        except CollectError as error:
            return Harvest(failures=(CollectFailure(kind=self.kind, reason=str(error)),))
        evidence: list[Evidence] = []
        failures: list[CollectFailure] = []
        left = window.max_bytes
        lives = [(pod, previous) for pod in pods[:MAX_PODS] for previous in self._lives(pod)]
        for pod, previous in lives:
            try:
                log = self._log(pod, window, previous=previous)
            except CollectError as error:
                failures.append(CollectFailure(kind=self.kind, reason=str(error), target=self._owner(pod)))
                continue
            if log and left > 0:
                evidence.append(self._evidence(pod, log[-left:], window, evidence, cut=len(log) > left, previous=previous))
                left -= len(log)
        return Harvest(tuple(evidence), tuple(failures))

    def _lives(self, pod: Json) -> Iterator[bool]:
        yield False
        if self.previous and restarts(pod):
            yield True

    def _log(self, pod: Json, window: LogWindow, *, previous: bool) -> bytes:
        query: dict[str, str | int] = {"container": self._container(pod), "tailLines": MAX_LINES}
        if previous:
            query["previous"] = "true"
        if window.since is not None:
            query["sinceSeconds"] = max(1, round((window.now - window.since).total_seconds()))
        return self.pods.log(pod_name(pod), query)

    def _container(self, pod: Json) -> str:
        chosen = self.container or (pod.get("metadata", {}).get("annotations") or {}).get(_DEFAULT_CONTAINER)
        return str(chosen or next((container["name"] for container in _containers(pod)), ""))

    def _evidence(
        self, pod: Json, log: bytes, window: LogWindow, before: list[Evidence], *, cut: bool, previous: bool
    ) -> Evidence:
        owner = self._owner(pod)
        number = sum(item.target == owner for item in before)
        return Evidence(
            kind=self.kind,
            name=f"{self.kind}.{number}" if number else str(self.kind),
            content=log,
            source=f"pod {pod_name(pod)}{', container before' if previous else ''}",
            collected_at=window.now,
            target=owner,
            truncated=cut,
        )

    def _owner(self, pod: Json) -> Target | None:
        return Target(self.service, pod_name(pod)) if self.by_pod else None


def pod_name(pod: Json) -> str:
    """Return a pod's name."""
    return str(pod.get("metadata", {}).get("name", ""))


def _status(pod: Json) -> Json:
    return pod.get("status") or {}


def _containers(pod: Json) -> list[Json]:
    return (pod.get("spec") or {}).get("containers") or []


def restarts(pod: Json) -> int:
    """Return how often the containers of a pod were started again."""
    return sum(int(status.get("restartCount") or 0) for status in _status(pod).get("containerStatuses") or [])
