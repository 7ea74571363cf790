"""Kubelet logs of playbook examples: what a node says of probes that fail and containers that it kills.

    python tests/goservices/recipes/kubelet_log.py

Written here in the kubelet's own format, as journald shows it (`prober.go`, `kuberuntime_manager.go`, `kubelet.go` and
`kuberuntime_container.go` in `pkg/kubelet` of Kubernetes 1.31, klog's header), since no cluster is at hand. UIDs are those of
`cluster.py`.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "support"))
from examples import POD, TAKEN_AT, path_of, uid, write_meta

NEIGHBOUR = "ledger-7f4c9d5b6-qq2zr"
WORKER = "checkout-worker-5c6d7f8b9-zz4tk"
DEADLINE = r"Get \"http://10.0.3.7:8080/healthz\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
REFUSED = r"Get \"http://10.0.3.9:8080/readyz\": dial tcp 10.0.3.9:8080: connect: connection refused"
NOISE = 'kubelet_volumes.go:163] "Cleaned up orphaned pod volumes dir" podUID="0d9f2b7e-3f7a-4b8e-9d61-5f2a7c1e8b90"'


def probe(kind: str, pod: str, output: str) -> str:
    """One probe that failed."""
    where = f'pod="shop/{pod}" podUID="{uid(pod)}" containerName="{pod.partition("-")[0]}"'
    return f'prober.go:107] "Probe failed" probeType="{kind}" {where} probeResult="failure" output="{output}"'


def killed(pod: str, kind: str) -> list[str]:
    """A container that is killed because its probe failed three times."""
    container, where = pod.partition("-")[0], f'pod="shop/{pod}"'
    identity = uid(pod).replace("-", "") * 2
    runtime = f'{{"Type":"containerd","ID":"{identity}"}}'
    message = f"Container {container} failed {kind.lower()} probe, will be restarted"
    told = f'containerName="{container}" containerStatusID={runtime} {where} containerMessage="{message}"'
    end = f'{where} podUID="{uid(pod)}" containerName="{container}" containerID="containerd://{identity}" gracePeriod=30'
    return [
        f'kubelet.go:2542] "SyncLoop (probe)" probe="{kind.lower()}" status="unhealthy" {where}',
        f'kuberuntime_manager.go:1027] "Message for Container of pod" {told}',
        f'kuberuntime_container.go:808] "Killing container with a grace period" {end}',
    ]


def rounds(pod: str, output: str, count: int) -> list[str]:
    """Some lives of a container that its liveness probe ends."""
    return [line for _ in range(count) for line in (*[probe("Liveness", pod, output)] * 3, *killed(pod, "Liveness"), NOISE)]


EXAMPLES = {
    "probe-failure-liveness/fires-kubelet-log": rounds(POD, DEADLINE, 3),
    "probe-failure-liveness/quiet-neighbours-in-the-kubelet-log": [
        *rounds(NEIGHBOUR, DEADLINE, 2),
        *rounds(WORKER, REFUSED, 2),
        probe("Readiness", POD, REFUSED),
    ],
}


def write(example: str) -> None:
    """Write the kubelet's log of one example, a line every ten seconds, and `meta.yaml` where there is none."""
    directory = path_of(example)
    lines = EXAMPLES[example]
    stamped = []
    for number, line in enumerate(lines):
        at = TAKEN_AT - timedelta(seconds=10 * (len(lines) - number))
        stamped.append(f"{at:%Y-%m-%dT%H:%M:%S+0000} node-4 kubelet[1187]: I{at:%m%d %H:%M:%S}.118204    1187 {line}\n")
    (directory / "kubelet.log").write_text("".join(stamped))
    if not (directory / "meta.yaml").exists():
        write_meta(directory, TAKEN_AT)


if __name__ == "__main__":
    for name in EXAMPLES:
        write(name)
