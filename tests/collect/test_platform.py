"""Pods and events of a service, asked of a strict local API server: what is kept, what is not, and how much."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from apis import TOKEN, Kubernetes, answering, event, pod
from misbehaving import Misbehaving

from bot.collect import platform
from bot.collect.api import Api
from bot.collect.harvest import Harvest
from bot.collect.kubernetes import Pods
from bot.collect.logs import LogWindow
from bot.collect.platform import KubernetesState
from bot.model.access import Access, Limits
from bot.model.digest import digest
from bot.model.evidence import Kind
from bot.redact import Redactor

Serve = Callable[..., Misbehaving]
WINDOW = LogWindow(now=datetime(2026, 11, 20, 12, 0, tzinfo=UTC))
SECRET = "hunter2"  # noqa: S105  # what must not be found again
POD = "checkout-7d9f8c6b5-x2k4z"


def read(server: Misbehaving) -> Harvest:
    api = Api("Kubernetes", server.url, Access(bearer=TOKEN), Limits(deadline_seconds=5))
    return KubernetesState(Pods(api, "shop", "app=checkout")).read(WINDOW)


def items(harvest: Harvest, kind: Kind) -> list[dict[str, Any]]:
    (found,) = [json.loads(item.read())["items"] for item in harvest.evidence if item.kind is kind]
    return list(found)


def deployed(name: str = POD, **more: Any) -> dict[str, Any]:  # noqa: ANN401  # parts of `pod`
    found = pod(name, **more)
    found["metadata"] |= {
        "labels": {"app": "checkout", "pod-template-hash": "7d9f8c6b5", "vault-token": SECRET},
        "ownerReferences": [{"kind": "ReplicaSet", "name": "checkout-7d9f8c6b5", "controller": True}],
    }
    found["spec"]["nodeName"] = "node-4"
    return found


def secretive() -> dict[str, Any]:
    """Return a pod with a secret in every place that there is for one."""
    found = deployed(restarts=1)
    found["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": f'{{"value":"{SECRET}"}}'}
    found["metadata"]["managedFields"] = [{"manager": SECRET}]
    found["spec"]["automountServiceAccountToken"] = True
    app = found["spec"]["containers"][0]
    app |= {
        "image": "registry.example.com/shop/checkout:4f2a91c",
        "command": ["/checkout", f"--key={SECRET}"],
        "args": ["--password", SECRET],
        "env": [
            {"name": "DB_PASSWORD", "value": SECRET},
            {"name": "REGION", "value": "eu-west"},
            {"name": "API_TOKEN", "valueFrom": {"secretKeyRef": {"name": "api", "key": "token"}}},
        ],
        "livenessProbe": {"httpGet": {"httpHeaders": [{"name": "Authorization", "value": SECRET}]}},
    }
    for part in ("initContainers", "ephemeralContainers"):
        found["spec"][part] = [{"name": part, "env": [{"name": "KEY", "value": SECRET}]}]
    terminated = {"exitCode": 1, "reason": "Error", "message": f'cannot log in: password="{SECRET}"'}
    found["status"]["containerStatuses"][0]["lastState"] = {"terminated": terminated}
    return found


def test_no_secret_is_kept_and_a_changed_value_still_shows(serve: Serve) -> None:
    harvest = read(serve(answering(Kubernetes([secretive()], events=[event("Failed", f"Pod/{POD}", f"token={SECRET}")]))))
    assert all(SECRET.encode() not in item.read() for item in harvest.evidence)
    (found,) = items(harvest, Kind.PODS)
    assert found["spec"]["containers"][0]["env"] == [
        {"name": "DB_PASSWORD", "value": digest(SECRET)},
        {"name": "REGION", "value": digest("eu-west")},
        {"name": "API_TOKEN", "valueFrom": {"secretKeyRef": {"name": "api", "key": "token"}}},
    ]
    assert found["spec"]["initContainers"][0]["env"] == [{"name": "KEY", "value": digest(SECRET)}]
    assert found["status"]["containerStatuses"][0]["lastState"]["terminated"]["message"] == 'cannot log in: password="[masked]"'
    assert found["spec"]["containers"][0]["image"] == "registry.example.com/shop/checkout:4f2a91c"
    assert items(harvest, Kind.EVENTS)[0]["message"] == "token=[masked]"
    assert [item.masked for item in harvest.evidence] == [1, 1]


def test_what_masks_evidence_before_it_is_stored_leaves_it_readable(serve: Serve) -> None:
    harvest = read(serve(answering(Kubernetes([secretive()], events=[event("Failed", f"Pod/{POD}", 'secret "a b"\nnobody')]))))
    for item in harvest.evidence:
        assert json.loads(Redactor().data(item.read())[0]) == json.loads(item.read())


def test_events_of_the_workload_its_predecessors_and_its_nodes_are_kept_and_no_others(serve: Serve) -> None:
    own = [
        event("BackOff", f"Pod/{POD}", at="2026-11-20T11:59:00Z"),
        event("Killing", "Pod/checkout-5c4d7f9b8-q8wvn", at="2026-11-20T11:58:00Z"),
        event("SuccessfulDelete", "ReplicaSet/checkout-5c4d7f9b8", at="2026-11-20T11:57:00Z"),
        event("ScalingReplicaSet", "Deployment/checkout", at="2026-11-20T11:56:00Z"),
        event("NodeNotReady", "Node/node-4", at="2026-11-20T11:55:00Z"),
    ]
    others = [
        event("Killing", "Pod/checkout-worker-6d8f7-abcde"),
        event("ScalingReplicaSet", "Deployment/checkout-worker"),
        event("Unhealthy", "Pod/cart-7d9f8c6b5-x2k4z"),
        event("ProvisioningFailed", "PersistentVolumeClaim/checkout"),
        event("NodeNotReady", "Node/node-5"),
    ]
    harvest = read(serve(answering(Kubernetes([deployed()], events=[*others, *reversed(own)]))))
    assert harvest.failures == ()
    assert [found["reason"] for found in items(harvest, Kind.EVENTS)] == [each["reason"] for each in own]
    assert [(item.name, item.target, item.truncated) for item in harvest.evidence] == [
        ("pods.json", None, False),
        ("events.json", None, False),
    ]


def test_pods_without_an_owner_have_events_by_their_own_name(serve: Serve) -> None:
    found = read(serve(answering(Kubernetes([pod("shop-a")], events=[event("BackOff", "Pod/shop-a"), event("X", "Pod/shop-b")]))))
    assert [each["involvedObject"]["name"] for each in items(found, Kind.EVENTS)] == ["shop-a"]


def test_pages_are_followed_up_to_a_limit_and_the_latest_stay(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "PAGE_EVENTS", 10)
    monkeypatch.setattr(platform, "MAX_EVENTS", 25)
    many = [event(f"R{number}", f"Pod/{POD}", at=f"2026-11-20T10:{number:02}:00Z") for number in range(60)]
    server = serve(answering(Kubernetes([deployed()], events=many)))
    harvest = read(server)
    assert [each["reason"] for each in items(harvest, Kind.EVENTS)] == [f"R{number}" for number in range(59, 34, -1)]
    assert [item.truncated for item in harvest.evidence] == [False, True]
    assert sum(b"/shop/events?" in request for request in server.requests) == 6
    monkeypatch.setattr(platform, "MAX_PAGES", 2)
    assert next(each["reason"] for each in items(read(server), Kind.EVENTS)) == "R19"


def test_many_pods_are_cut_to_those_that_restarted(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "MAX_PODS", 2)
    found = read(serve(answering(Kubernetes([deployed("a"), deployed("b", restarts=1), deployed("c", restarts=7)]))))
    assert [each["metadata"]["name"] for each in items(found, Kind.PODS)] == ["c", "b"]
    assert found.evidence[0].truncated


def test_a_right_that_is_missing_costs_only_its_part(serve: Serve) -> None:
    own = [event("BackOff", f"Pod/{POD}")]
    nodes = read(serve(answering(Kubernetes([deployed()], events=own, forbidden=("default",)))))
    assert [failure.kind for failure in nodes.failures] == [Kind.EVENTS]
    assert nodes.failures[0].reason.startswith("those in namespace default: Kubernetes: 403: not allowed")
    assert len(items(nodes, Kind.EVENTS)) == 1
    none = read(serve(answering(Kubernetes([deployed()], events=own, forbidden=("default", "shop")))))
    assert [item.kind for item in none.evidence] == [Kind.PODS]
    assert len(none.failures) == 2


def test_without_pods_there_is_nothing_to_keep(serve: Serve) -> None:
    harvest = read(serve(answering(Kubernetes([]))))
    assert harvest.evidence == ()
    assert [(failure.kind, failure.reason) for failure in harvest.failures] == [
        (Kind.PODS, "Kubernetes finds no pod in shop by app=checkout; correct namespace or selector")
    ]
