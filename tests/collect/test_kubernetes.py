"""Logs of pods, also of containers that have ended, against a strict local API server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apis import TOKEN, Kubernetes, answering, pod
from misbehaving import Misbehaving

from bot.collect.api import Api
from bot.collect.kubernetes import KubernetesLogs, Pods
from bot.collect.logs import LogWindow
from bot.model.access import Access, Limits
from bot.model.evidence import Evidence, Kind, Target

Serve = Callable[..., Misbehaving]
WINDOW = LogWindow(now=datetime(2026, 11, 20, 12, 0, tzinfo=UTC))
PODS = [pod("shop-a", ip="10.0.3.7"), pod("shop-b", ip="10.0.3.8", restarts=3, containers=2)]
LOGS = {("shop-a", False): b"fine\n", ("shop-b", False): b"starting\n", ("shop-b", True): b"panic: boom\n"}


def logs(server: Misbehaving, access: Access | None = None) -> KubernetesLogs:
    api = Api("Kubernetes", server.url, access or Access(bearer=TOKEN), Limits(deadline_seconds=5))
    return KubernetesLogs(service="checkout", pods=Pods(api, "shop", "app=checkout"), previous=True)


def shown(evidence: tuple[Evidence, ...]) -> list[tuple[str, str, bytes]]:
    return [(item.instance, item.name, item.read()) for item in evidence]


def test_the_log_before_a_restart_is_read_as_well(serve: Serve) -> None:
    evidence, failures = logs(serve(answering(Kubernetes(PODS, LOGS)))).read(WINDOW)
    assert failures == ()
    assert shown(evidence) == [
        ("shop-b", "service.log", b"starting\n"),
        ("shop-b", "service.log.1", b"panic: boom\n"),
        ("shop-a", "service.log", b"fine\n"),
    ]
    assert evidence[1].source == "pod shop-b, container before"


def test_without_previous_only_what_runs_is_read(serve: Serve) -> None:
    source = replace(logs(serve(answering(Kubernetes(PODS, LOGS)))), previous=False, by_pod=False)
    evidence, _ = source.read(WINDOW)
    assert shown(evidence) == [("", "service.log", b"starting\n"), ("", "service.log.1", b"fine\n")]


def test_the_window_holds_in_time_and_size(serve: Serve) -> None:
    server = serve(answering(Kubernetes(PODS, LOGS)))
    window = replace(WINDOW, since=WINDOW.now - timedelta(minutes=5), max_bytes=12)
    evidence, _ = logs(server).read(window)
    assert [(item.read(), item.truncated) for item in evidence] == [(b"starting\n", False), (b"om\n", True)]
    assert all(b"sinceSeconds=300" in request for request in server.requests if b"/log?" in request)


def test_an_empty_log_is_no_evidence_and_no_failure(serve: Serve) -> None:
    evidence, failures = logs(serve(answering(Kubernetes(PODS[:1])))).read(WINDOW)
    assert (evidence, failures) == ((), ())


def test_a_log_that_is_refused_costs_only_itself(serve: Serve) -> None:
    source = replace(logs(serve(answering(Kubernetes(PODS, LOGS)))), container="sidecar-1")
    evidence, failures = source.read(WINDOW)
    assert shown(evidence) == [("shop-b", "service.log", b"starting\n"), ("shop-b", "service.log.1", b"panic: boom\n")]
    assert [(failure.kind, failure.target) for failure in failures] == [(Kind.SERVICE_LOG, Target("checkout", "shop-a"))]
    assert "container sidecar-1 is not valid for pod shop-a" in failures[0].reason


def test_the_token_is_read_anew_for_every_request(serve: Serve, tmp_path: Path) -> None:
    token = tmp_path / "token"
    source = logs(serve(answering(Kubernetes(PODS, LOGS))), Access(bearer_file=token))
    assert [failure.reason for failure in source.read(WINDOW).failures] == [
        f"cannot read the token in {token}; correct auth.bearer_file in the configuration"
    ]
    token.write_text("old\n")
    assert "401" in source.read(WINDOW).failures[0].reason
    token.write_text(f"{TOKEN}\n")
    assert len(source.read(WINDOW).evidence) == 3
