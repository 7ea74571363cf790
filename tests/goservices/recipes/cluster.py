"""Pods and events of playbook examples, in the shape in which the Kubernetes API gives them.

    python tests/goservices/recipes/cluster.py [EXAMPLE …]

No cluster is needed: each example says what happened to which pod, and the objects around it are written here as
`kubectl get pods,events -o json` prints them (Kubernetes 1.31; reasons and messages are the kubelet's own). Times count in
seconds before the collection, which is when the example's log was recorded, or a fixed date where it has none.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[2] / "support"))
from examples import POD, TAKEN_AT, collected_at, path_of, uid, write_meta

OLD_POD = "checkout-5b9c6f6d4f-8mzvt"
NODE = "node-4"
IMAGE = "registry.example.com/shop/checkout:v1.42.0"
OLD_IMAGE = "registry.example.com/shop/checkout:v1.41.3"

Json = dict[str, Any]


class Cluster:
    """Writes objects with times relative to one collection."""

    def __init__(self, taken_at: datetime) -> None:
        self.taken_at = taken_at

    def at(self, seconds: float) -> str:
        """The time so many seconds before the collection."""
        return (self.taken_at - timedelta(seconds=seconds)).replace(microsecond=0).isoformat().replace("+00:00", "Z")

    def ended(self, code: int, reason: str, *, since: float, until: float, message: str = "") -> Json:
        """The state of a container that ended."""
        state = {"containerID": f"containerd://{self._hash(f'{since}')}", "exitCode": code, "finishedAt": self.at(until)}
        state |= {"reason": reason, "startedAt": self.at(since)}
        return {"terminated": state | ({"message": message} if message else {})}

    def running(self, since: float) -> Json:
        """The state of a container that runs."""
        return {"running": {"startedAt": self.at(since)}}

    def backing_off(self) -> Json:
        """The state of a container that the kubelet will not start yet."""
        pod = f"{POD}_shop({uid(POD)})"
        message = f"back-off 5m0s restarting failed container=checkout pod={pod}"
        return {"waiting": {"message": message, "reason": "CrashLoopBackOff"}}

    def pod(
        self, state: Json, last: Json | None = None, *, name: str = POD, restarts: int = 0, age: float = 5400, **status: object
    ) -> Json:
        """One pod of the service with one container."""
        ready = "running" in state
        image = IMAGE if name == POD else OLD_IMAGE
        container = {
            "containerID": f"containerd://{self._hash(name)}",
            "image": image,
            "imageID": f"registry.example.com/shop/checkout@sha256:{self._hash(image)}",
            "lastState": last or {},
            "name": "checkout",
            "ready": ready,
            "restartCount": restarts,
            "started": ready,
            "state": state,
        }
        owner = name.rpartition("-")[0]
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "creationTimestamp": self.at(age),
                "generateName": f"{owner}-",
                "labels": {"app": "checkout", "pod-template-hash": owner.rpartition("-")[2]},
                "name": name,
                "namespace": "shop",
                "ownerReferences": [
                    {"apiVersion": "apps/v1", "controller": True, "kind": "ReplicaSet", "name": owner, "uid": uid(owner)}
                ],
                "resourceVersion": "48213377",
                "uid": uid(name),
            },
            "spec": {
                "containers": [
                    {
                        "image": image,
                        "livenessProbe": probe("/healthz"),
                        "name": "checkout",
                        "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}],
                        "readinessProbe": probe("/ready"),
                        "resources": {"limits": {"cpu": "2", "memory": "512Mi"}, "requests": {"cpu": "500m", "memory": "128Mi"}},
                    }
                ],
                "nodeName": NODE,
                "restartPolicy": "Always",
                "terminationGracePeriodSeconds": 30,
            },
            "status": {
                "conditions": [{"lastTransitionTime": self.at(60), "status": str(ready), "type": "Ready"}],
                "containerStatuses": [container],
                "hostIP": "10.0.0.14",
                "phase": "Running",
                "podIP": "10.0.3.7" if name == POD else "10.0.3.6",
                "qosClass": "Burstable",
                "startTime": self.at(age),
                **status,
            },
        }

    def event(
        self, reason: str, message: str, *, about: str = f"Pod/{POD}", first: float = 300, last: float = 30, count: int = 1
    ) -> Json:
        """One event, repeated `count` times."""
        kind, _, name = about.partition("/")
        component = "deployment-controller" if kind == "Deployment" else "kubelet"
        container = {"fieldPath": "spec.containers{checkout}"} if kind == "Pod" else {}
        calm = reason in {"ScalingReplicaSet", "Killing", "Started", "Created", "Pulled", "Scheduled"}
        return {
            "apiVersion": "v1",
            "count": count,
            "eventTime": None,
            "firstTimestamp": self.at(first),
            "involvedObject": {
                "apiVersion": "v1",
                "kind": kind,
                "name": name,
                "namespace": "shop",
                "uid": uid(name),
                **container,
            },
            "kind": "Event",
            "lastTimestamp": self.at(last),
            "message": message,
            "metadata": {
                "creationTimestamp": self.at(first),
                "name": f"{name}.{self._hash(reason + message)[:16]}",
                "namespace": "shop",
            },
            "reason": reason,
            "reportingComponent": component,
            "reportingInstance": NODE if kind == "Pod" else "",
            "source": {"component": component, **({"host": NODE} if kind == "Pod" else {})},
            "type": "Normal" if calm else "Warning",
        }

    def started(self, count: int = 1, *, last: float = 60) -> list[Json]:
        """The events of every start of a container."""
        words = {
            "Pulled": f'Container image "{IMAGE}" already present on machine',
            "Created": "Created container: checkout",
            "Started": "Started container checkout",
        }
        return [self.event(reason, said, count=count, first=5400, last=last) for reason, said in words.items()]

    def back_off(self, count: int) -> Json:
        """The event of a container that is not started again yet."""
        said = f"Back-off restarting failed container checkout in pod {POD}_shop({uid(POD)})"
        return self.event("BackOff", said, count=count, first=1500, last=5)

    def looping(
        self, code: int, reason: str, *, life: float, restarts: int = 7, message: str = ""
    ) -> tuple[list[Json], list[Json]]:
        """Pods and events of a container that ends again and again, `life` seconds after its start."""
        last = self.ended(code, reason, since=40 + life, until=40, message=message)
        pod = self.pod(self.backing_off(), last, restarts=restarts, age=1500)
        return [pod], [*self.started(restarts + 1, last=40 + life), self.back_off(restarts * 9)]

    def once(self, code: int, reason: str, *, life: float, until: float = 20, restarts: int = 1) -> tuple[list[Json], list[Json]]:
        """Pods and events of a container that ended and was started again."""
        pod = self.pod(self.running(until - 1), self.ended(code, reason, since=until + life, until=until), restarts=restarts)
        return [pod], self.started(restarts + 1, last=until - 1)

    @staticmethod
    def _hash(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()


def probe(path: str) -> Json:
    """An HTTP probe as the API fills it in."""
    return {
        "failureThreshold": 3,
        "httpGet": {"path": path, "port": "http", "scheme": "HTTP"},
        "periodSeconds": 10,
        "successThreshold": 1,
        "timeoutSeconds": 1,
    }


def unhealthy(what: str, why: str) -> str:
    """The kubelet's words for a probe that failed."""
    return f"{what} probe failed: {why}"


REFUSED = 'Get "http://10.0.3.7:8080/{}": dial tcp 10.0.3.7:8080: connect: connection refused'
DEADLINE = 'Get "http://10.0.3.7:8080/{}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
STOPPING = "Stopping container checkout"
MEMORY_PRESSURE = (
    "The node was low on resource: memory. Threshold quantity: 100Mi, available: 83184Ki. "
    "Container checkout was using 498220Ki, request is 128Mi, has larger consumption of memory. "
)
SCRATCH_LIMIT = "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. "
MISSING_KEY = "couldn't find key payments-url in ConfigMap shop/checkout"


def liveness(c: Cluster, why: str, *, life: float = 95) -> tuple[list[Json], list[Json]]:
    """A container that the kubelet killed for its liveness probe."""
    pods, events = c.once(137, "Error", life=life, restarts=4, until=30)
    failed = c.event("Unhealthy", unhealthy("Liveness", why), count=12, first=900, last=62)
    killed = c.event("Killing", "Container checkout failed liveness probe, will be restarted", count=4, first=880, last=60)
    return pods, [*events, failed, killed]


def startup(c: Cluster) -> tuple[list[Json], list[Json]]:
    """A container that was killed before it was ready."""
    pods, events = c.looping(137, "Error", life=31, restarts=5)
    failed = c.event("Unhealthy", unhealthy("Startup", REFUSED.format("healthz")), count=18, first=900, last=41)
    killed = c.event("Killing", "Container checkout failed startup probe, will be restarted", count=6, first=880, last=41)
    return pods, [*events, failed, killed]


def stopped(c: Cluster, code: int, reason: str, *, graceful: float) -> tuple[list[Json], list[Json]]:
    """A rollout: the old pod is stopped, the new one runs."""
    old = c.pod(c.ended(code, reason, since=90000, until=60 - graceful), name=OLD_POD, age=90000)
    old["metadata"] |= {"deletionTimestamp": c.at(30), "deletionGracePeriodSeconds": 30}
    new = c.pod(c.running(75), age=80)
    scaled = "Scaled down replica set checkout-5b9c6f6d4f from 1 to 0"
    events = [
        *c.started(last=75),
        c.event("ScalingReplicaSet", scaled, about="Deployment/checkout", first=61, last=61),
        c.event("Killing", STOPPING, about=f"Pod/{OLD_POD}", first=60, last=60),
    ]
    return [old, new], events


def evicted(c: Cluster, message: str) -> tuple[list[Json], list[Json]]:
    """A pod that the kubelet evicted, and its successor."""
    old = c.pod(
        c.ended(137, "Error", since=7200, until=118), name=OLD_POD, age=7200, phase="Failed", reason="Evicted", message=message
    )
    events = [
        c.event("Evicted", message, about=f"Pod/{OLD_POD}", first=120, last=120),
        c.event("Killing", STOPPING, about=f"Pod/{OLD_POD}", first=120, last=120),
    ]
    return [old, c.pod(c.running(100), age=115)], [*events, *c.started(last=100)]


def unready(c: Cluster, why: str, count: int, *, ready: bool = False, since: float = 600) -> tuple[list[Json], list[Json]]:
    """A container that runs, but is not sent requests."""
    pod = c.pod(c.running(since), age=since + 5)
    pod["status"]["containerStatuses"][0]["ready"] = ready
    failed = c.event("Unhealthy", unhealthy("Readiness", why), count=count, first=since - 10, last=since - 10 - 10 * (count - 1))
    return [pod], [*c.started(last=since), failed]


def killed(c: Cluster, memory: str) -> tuple[list[Json], list[Json]]:
    """A container that got SIGKILL, nobody says from whom, under some memory limit."""
    pods, events = c.once(137, "Error", life=4210, restarts=3)
    pods[0]["spec"]["containers"][0]["resources"]["limits"]["memory"] = memory
    return pods, events


def unconfigured(c: Cluster, reason: str, message: str) -> tuple[list[Json], list[Json]]:
    """A container that never started, because the kubelet could not set it up."""
    pod = c.pod({"waiting": {"message": message, "reason": reason}}, age=600, phase="Pending")
    said = "Failed" if reason != "ImagePullBackOff" else "BackOff"
    return [pod], [c.event(said, f"Error: {message}", count=40, first=590, last=8)]


EXAMPLES: dict[str, Callable[[Cluster], tuple[list[Json], list[Json]]]] = {
    "config-load-failure/fires-missing-file": lambda c: c.looping(1, "Error", life=1),
    "config-load-failure-platform/fires-missing-key": lambda c: unconfigured(c, "CreateContainerConfigError", MISSING_KEY),
    "config-load-failure-platform/fires-missing-secret": lambda c: unconfigured(
        c, "CreateContainerConfigError", 'secret "checkout-payments" not found'
    ),
    "config-load-failure-platform/quiet-image-missing": lambda c: unconfigured(
        c, "ImagePullBackOff", f'Back-off pulling image "{IMAGE}"'
    ),
    "connection-failure-refused/quiet-probe-and-gateway": lambda c: unready(c, REFUSED.format("ready"), 40),
    "crash-loop/fires-cause-unknown": lambda c: c.looping(2, "Error", life=14),
    "crash-loop/fires-nil-pointer": lambda c: c.looping(2, "Error", life=14),
    "crash-loop/quiet-one-restart": lambda c: c.once(2, "Error", life=4000),
    "dynamic-linking/fires-missing-library": lambda c: c.looping(127, "Error", life=1),
    "dynamic-linking-platform/fires-arm64-image": lambda c: c.looping(255, "Error", life=1),
    "dynamic-linking-loader/fires-musl-binary": lambda c: c.looping(255, "Error", life=1),
    "oom-killed/fires-container-limit": lambda c: c.once(137, "OOMKilled", life=4210, restarts=3),
    "oom-killed/fires-again-and-again": lambda c: c.looping(137, "OOMKilled", life=95),
    "oom-killed/fires-under-a-growing-heap": lambda c: c.once(137, "OOMKilled", life=4210, restarts=3),
    "oom-killed/quiet-killed-after-grace": lambda c: stopped(c, 137, "Error", graceful=30),
    "oom-killed/quiet-neighbour-killed": lambda c: ([c.pod(c.running(5000))], c.started(last=5000)),
    "oom-killed-at-limit/fires-no-room-left": lambda c: killed(c, "220Mi"),
    "oom-killed-at-limit/quiet-far-from-the-limit": lambda c: killed(c, "512Mi"),
    "oom-killed-host/quiet-limit-of-the-pod": lambda c: c.once(137, "OOMKilled", life=4210),
    "port-in-use/fires-main-port": lambda c: c.looping(1, "Error", life=2),
    "probe-failure-liveness/fires-no-answer-in-time": lambda c: liveness(c, DEADLINE.format("healthz")),
    "probe-failure-liveness/fires-dependency-in-the-check": lambda c: liveness(c, "HTTP probe failed with statuscode: 503"),
    "probe-failure-liveness/quiet-two-slow-answers": lambda c: (
        [c.pod(c.running(9000), age=9000)],
        [c.event("Unhealthy", unhealthy("Liveness", DEADLINE.format("healthz")), count=2, first=4000, last=3990)],
    ),
    "probe-failure-readiness/fires-dependency-down": lambda c: unready(c, "HTTP probe failed with statuscode: 503", 40),
    "probe-failure-readiness/quiet-while-starting": lambda c: unready(c, REFUSED.format("ready"), 2, ready=True),
    "probe-failure-startup/fires-slow-start": startup,
    "probe-failure-startup/quiet-started-at-last": lambda c: (
        [c.pod(c.running(300), age=305)],
        [
            *c.started(last=300),
            c.event("Unhealthy", unhealthy("Startup", REFUSED.format("healthz")), count=2, first=290, last=280),
        ],
    ),
    "terminated/fires-rollout": lambda c: stopped(c, 0, "Completed", graceful=1),
    "terminated/fires-rollout-without-a-handler": lambda c: stopped(c, 143, "Error", graceful=1),
    "terminated/quiet-still-running": lambda c: ([c.pod(c.running(5000))], c.started(last=5000)),
    "terminated-eviction/fires-memory-pressure": lambda c: evicted(c, MEMORY_PRESSURE),
    "terminated-eviction/fires-scratch-space": lambda c: evicted(c, SCRATCH_LIMIT),
    "terminated-eviction/quiet-rollout": lambda c: stopped(c, 0, "Completed", graceful=1),
    "terminated-grace-exceeded/fires-rollout": lambda c: stopped(c, 137, "Error", graceful=30),
    "terminated-grace-exceeded/quiet-in-good-order": lambda c: stopped(c, 143, "Error", graceful=12),
    "unhandled-exit/fires-log-fatal": lambda c: c.once(1, "Error", life=4),
    "unhandled-exit/fires-os-exit": lambda c: c.once(3, "Error", life=4),
    "unhandled-exit/quiet-shutdown": lambda c: stopped(c, 0, "Completed", graceful=1),
}


BORROWED = {
    "oom-killed-at-limit/fires-no-room-left": ("memory-headroom/fires-no-gomemlimit", ("metrics.txt",)),
    "oom-killed-at-limit/quiet-far-from-the-limit": ("memory-headroom/fires-no-gomemlimit", ("metrics.txt",)),
    "connection-failure-refused/quiet-probe-and-gateway": ("gateway-502-refused/fires-process-gone", ("gateway.log",)),
    "crash-loop/fires-nil-pointer": ("panic-nil-pointer/fires-background-job", ("service.log",)),
    "oom-killed/fires-under-a-growing-heap": (
        "heap-growth/fires-cache-without-expiry",
        ("heap.pb.gz", "metrics.txt", "second/heap.pb.gz", "second/metrics.txt"),
    ),
}
"""Evidence of other examples that the same pod would have left."""


def write(example: str) -> None:
    """Write the pods and events of one example; and `meta.yaml`, where no log brought one."""
    directory = path_of(example)
    if not (directory / "meta.yaml").exists():
        write_meta(directory, borrow(example) if example in BORROWED else TAKEN_AT, instance=POD)
    pods, events = EXAMPLES[example](Cluster(collected_at(directory) + timedelta(seconds=20)))
    for file, found in (("pods.json", pods), ("events.json", events)):
        listed = {"apiVersion": "v1", "items": found, "kind": "List", "metadata": {"resourceVersion": ""}}
        (directory / file).write_text(json.dumps(listed, indent=2) + "\n")


def borrow(example: str) -> datetime:
    """Copy evidence of another example; when that was collected."""
    source, names = BORROWED[example]
    for name in names:
        (path_of(example) / name).parent.mkdir(exist_ok=True)
        shutil.copy(path_of(source) / name, path_of(example) / name)
    return collected_at(path_of(source))


if __name__ == "__main__":
    for chosen in EXAMPLES:
        if len(sys.argv) == 1 or any(word in chosen for word in sys.argv[1:]):
            write(chosen)
