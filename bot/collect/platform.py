"""What Kubernetes says of a service: its pods and their events, kept as `pods.json` and `events.json`.

API: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1. Needed rights: `list` on `pods` and `events`
in the service's namespace, and `list` on `events` in `default`, where those of nodes are.

Only fields that diagnosis reads are kept. Of an environment variable its name stays, and a short digest instead of the value, by
which a later look can tell that it changed. Commands, arguments, annotations, volumes and probes are not kept at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.collect.harvest import Harvest, gather
from bot.collect.kubernetes import Json, Pods, pod_name, restarts
from bot.collect.logs import LogWindow
from bot.errors import CollectError
from bot.model.digest import digest
from bot.model.evidence import CollectFailure, Evidence, Kind
from bot.model.workloads import is_of_workload
from bot.redact import Redactor

MAX_PODS: Final = 200
"""Pods that are kept, those that restarted most first."""
MAX_EVENTS: Final = 500
"""Events that are kept, the latest first."""
PAGE_EVENTS: Final = 500
MAX_PAGES: Final = 10
"""Events of a namespace that are looked through, 5,000; the API knows no order in time, and no search by the start of a name."""

_NODES_NAMESPACE: Final = "default"
_METADATA = ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "ownerReferences")
_LABELS = ("app.kubernetes.io/version", "pod-template-hash")
_SPEC = ("nodeName", "restartPolicy", "terminationGracePeriodSeconds")
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_CONTAINER = ("name", "image", "resources", "restartPolicy")
_STATUS = ("phase", "reason", "message", "podIP", "startTime", "qosClass", "conditions")
_STATUSES = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
_CONTAINER_STATUS = ("name", "ready", "restartCount", "state", "lastState")
_EVENT = ("reason", "message", "type", "count", "firstTimestamp", "lastTimestamp", "eventTime", "series", "involvedObject")

_WORKLOADS = frozenset({"Pod", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job"})


@dataclass(frozen=True, slots=True)
class KubernetesState:
    """Pods and events of one service, whether it answers or has died."""

    pods: Pods

    def read(self, window: LogWindow) -> Harvest:
        """Return `pods.json` and `events.json`; what is refused costs only itself."""
        try:
            found = sorted(self.pods.list(), key=lambda pod: (-restarts(pod), pod_name(pod)))
        except CollectError as error:
            return Harvest(failures=(CollectFailure(kind=Kind.PODS, reason=str(error)),))
        kept = [_kept_pod(pod) for pod in found[:MAX_PODS]]
        pods = self._evidence(Kind.PODS, "PodList", kept, window, cut=len(found) > MAX_PODS)
        return gather([Harvest((pods,)), self._events(found, window)])

    def _events(self, found: Sequence[Json], window: LogWindow) -> Harvest:
        """Return the events of the workloads and those of their nodes; no events at all are worth knowing, too."""
        failures: list[CollectFailure] = []
        answers: list[tuple[list[Json], bool]] = []
        for ask, namespace in ((self._of_workloads, self.pods.namespace), (self._of_nodes, _NODES_NAMESPACE)):
            try:
                answers.append(ask(found))
            except CollectError as error:
                failures.append(CollectFailure(kind=Kind.EVENTS, reason=f"those in namespace {namespace}: {error}"))
        if not answers:
            return Harvest(failures=tuple(failures))
        events = sorted((event for answer, _ in answers for event in answer), key=_time, reverse=True)
        cut = len(events) > MAX_EVENTS or any(unread for _, unread in answers)
        kept = [_kept_event(event) for event in events[:MAX_EVENTS]]
        return Harvest((self._evidence(Kind.EVENTS, "EventList", kept, window, cut=cut),), tuple(failures))

    def _of_workloads(self, found: Sequence[Json]) -> tuple[list[Json], bool]:
        concerns = _family(found)
        return self._listed(
            self.pods.namespace, {}, lambda about: about.get("kind") in _WORKLOADS and concerns(_text(about, "name"))
        )

    def _of_nodes(self, found: Sequence[Json]) -> tuple[list[Json], bool]:
        nodes = {(pod.get("spec") or {}).get("nodeName") for pod in found}
        selector = {"fieldSelector": "involvedObject.kind=Node"}
        return self._listed(_NODES_NAMESPACE, selector, lambda about: about.get("name") in nodes)

    def _listed(self, namespace: str, selector: Mapping[str, str], wanted: Callable[[Json], bool]) -> tuple[list[Json], bool]:
        """Return the wanted ones of a namespace's events, and whether there are more than were looked through."""
        found: list[Json] = []
        rest = ""
        for _ in range(MAX_PAGES):
            page, rest = self.pods.events(namespace, {**selector, "limit": PAGE_EVENTS, **({"continue": rest} if rest else {})})
            found += [event for event in page if wanted(event.get("involvedObject") or {})]
            if not rest:
                break
        return found, bool(rest)

    def _evidence(self, kind: Kind, noun: str, items: list[Json], window: LogWindow, *, cut: bool) -> Evidence:
        redactor = Redactor()
        masked = 0

        def mask(text: str) -> str:
            nonlocal masked
            clean, count = redactor.text(text)
            masked += count
            return clean

        listed = {"apiVersion": "v1", "kind": noun, "items": [_each_text(item, mask) for item in items]}
        return Evidence(
            kind=kind,
            name=f"{kind}.json",
            content=json.dumps(listed, sort_keys=True, separators=(",", ":")).encode(),
            source=f"Kubernetes, {kind} of {self.pods.selector} in {self.pods.namespace}",
            collected_at=window.now,
            truncated=cut,
            masked=masked,
        )


def _kept_pod(pod: Json) -> Json:
    """Return a pod without what diagnosis does not read, and without the values of its environment."""
    metadata, spec, status = (pod.get(part) or {} for part in ("metadata", "spec", "status"))
    labels = _only(metadata.get("labels") or {}, _LABELS)
    containers = {part: [_container(each) for each in spec[part]] for part in _CONTAINERS if spec.get(part)}
    statuses = {part: [_only(each, _CONTAINER_STATUS) for each in status[part]] for part in _STATUSES if status.get(part)}
    return {
        "kind": "Pod",
        "metadata": _only(metadata, _METADATA) | ({"labels": labels} if labels else {}),
        "spec": _only(spec, _SPEC) | containers,
        "status": _only(status, _STATUS) | statuses,
    }


def _container(container: Json) -> Json:
    environment = [
        {name: digest(str(value)) if name == "value" else value for name, value in variable.items()}
        for variable in container.get("env") or []
    ]
    return _only(container, _CONTAINER) | ({"env": environment} if environment else {})


def _kept_event(event: Json) -> Json:
    name = {"name": pod_name(event)}
    about = _only(event.get("involvedObject") or {}, ("kind", "name", "namespace", "fieldPath"))
    return {"kind": "Event", "metadata": name} | _only(event, _EVENT) | {"involvedObject": about}


def _only(item: Json, names: Iterable[str]) -> Json:
    return {name: item[name] for name in names if item.get(name) is not None}


def _each_text(value: Any, mask: Callable[[str], str]) -> Any:  # noqa: ANN401  # any JSON value
    """Mask every text by itself: a mask over the JSON as a whole could take a quotation mark with it."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list):
        return [_each_text(item, mask) for item in value]
    if isinstance(value, dict):
        return {name: _each_text(item, mask) for name, item in value.items()}
    return value


def _family(found: Sequence[Json]) -> Callable[[str], bool]:
    """Return a test for names of the pods, of what owns them, and of their predecessors that are gone already."""
    names = {pod_name(pod) for pod in found}
    roots = set()
    for pod in found:
        metadata = pod.get("metadata") or {}
        revision = (metadata.get("labels") or {}).get("pod-template-hash", "")
        roots |= {_text(owner, "name").removesuffix(f"-{revision}") for owner in metadata.get("ownerReferences") or []}
    roots.discard("")
    return lambda name: name in names or any(is_of_workload(name, root) for root in roots)


def _time(event: Json) -> str:
    """Return when an event was last seen; times of one form compare as texts."""
    series = event.get("series") or {}
    times = (event.get("lastTimestamp"), series.get("lastObservedTime"), event.get("eventTime"))
    return next((str(time) for time in times if time), "")


def _text(item: Json, field: str) -> str:
    return str(item.get(field) or "")
