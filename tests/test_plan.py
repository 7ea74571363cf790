"""From the configuration to instances and logs: the real Go program behind stand-ins for Kubernetes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from apis import TOKEN, Kubernetes, answering, event, pod
from cli import gocrash
from misbehaving import Misbehaving
from shop import ShopRunner

from bot.config import Config, Defaults, LogSource, Service
from bot.diagnose import Outcome, diagnose, load_engine
from bot.model.evidence import Kind
from bot.model.login import Api, Auth
from bot.model.sources import Discover, DnsDiscovery, KubernetesDiscovery, KubernetesLog
from bot.model.units import Duration
from bot.plan import located, plan_of

PANIC = b"panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:4 +0x1d\nexit status 2\n"


@pytest.fixture
def cluster() -> Kubernetes:
    return Kubernetes([pod("checkout-a", ip="127.0.0.1"), pod("checkout-b", restarts=4)], {("checkout-b", True): PANIC})


def stamp(now: datetime, minutes_ago: int) -> str:
    return (now - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def asked(config: Config) -> Outcome:
    service = config.service("checkout")
    now = datetime.now(UTC)
    return diagnose(service, load_engine(), plan_of(service, config), now=lambda: now, progress=lambda _step: None)


def test_pods_are_diagnosed_by_name_and_those_that_died_by_their_last_log(run_shop: ShopRunner, cluster: Kubernetes) -> None:
    shop = run_shop("healthy")
    server = Misbehaving(answering(cluster))
    try:
        found = Discover(
            kubernetes=KubernetesDiscovery(namespace="shop", selector="app=checkout", port=urlsplit(shop.url).port or 0)
        )
        service = Service(discover=found, logs=(LogSource(kubernetes=KubernetesLog(previous=True)),))
        api = Api(url=server.url, auth=Auth(bearer=TOKEN))
        outcome = asked(Config(services={"checkout": service}, defaults=Defaults(interval=Duration(0)), kubernetes=api))
    finally:
        server.close()
    reports = {target.instance: target for target in outcome.diagnosis.targets}
    assert list(reports) == ["checkout-a", "checkout-b", "checkout"]
    assert reports["checkout"].collected == ("pods", "events")
    assert {"goroutine", "heap", "metrics"} <= set(reports["checkout-a"].collected)
    assert reports["checkout-b"].collected == ("service.log",)
    assert [(row.target, row.message, row.exit_code) for row in outcome.facts.crashes] == [("checkout-b", "boom", 2)]


def test_a_service_that_is_dead_is_diagnosed_by_its_pods(cluster: Kubernetes, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    ended = {"reason": "OOMKilled", "exitCode": 137, "startedAt": stamp(now, 9), "finishedAt": stamp(now, 4)}
    cluster.pods[0] = pod("checkout-a", phase="Pending")
    cluster.pods[1]["status"]["containerStatuses"][0]["lastState"] = {"terminated": ended}
    cluster.events = [event("BackOff", "Pod/checkout-b", "Back-off restarting failed container", at=stamp(now, 1))]
    server = Misbehaving(answering(cluster))
    config = tmp_path / "gocrash.yaml"
    config.write_text(
        "services: {checkout: {discover: {kubernetes: {namespace: shop, selector: app=checkout, port: 1}}}}\n"
        f"kubernetes: {{url: '{server.url}', auth: {{bearer: '${{TOKEN}}'}}}}\n"
    )
    try:
        run = gocrash("diagnose", "checkout", "--config", config, "--format", "json", "--save", tmp_path / "saved", TOKEN=TOKEN)
    finally:
        server.close()
    answer = json.loads(run.out)
    assert [finding["playbook"] for finding in answer["findings"]] == ["oom-killed"]
    assert answer["verdict"].startswith("checkout-b was killed by the kernel at its memory limit (OOMKilled, exit 137)")
    again = json.loads(gocrash("diagnose", tmp_path / "saved", "--format", "json").out)
    assert [finding["playbook"] for finding in again["findings"]] == ["oom-killed"]
    assert "BackOff" in (tmp_path / "saved" / "events.json").read_text()


def test_logs_by_kubernetes_are_enough_to_know_the_pods(cluster: Kubernetes) -> None:
    server = Misbehaving(answering(cluster))
    try:
        log = KubernetesLog(namespace="shop", selector="app=checkout")
        api = Api(url=server.url, auth=Auth(bearer=TOKEN))
        outcome = asked(Config(services={"checkout": Service(logs=(LogSource(kubernetes=log),))}, kubernetes=api))
    finally:
        server.close()
    assert [row.restarts for row in outcome.facts.pods] == [4, 0]


def test_when_nobody_knows_an_instance_the_answer_says_why() -> None:
    service = Service(discover=Discover(dns=DnsDiscovery(name="checkout.invalid", port=6060)))
    diagnosis = asked(Config(services={"checkout": service})).diagnosis
    assert diagnosis.verdict == "nothing could be looked at"
    ((failure,),) = [target.failures for target in diagnosis.targets]
    assert (failure.kind, failure.target) == (Kind.GOROUTINE, None)
    assert failure.reason.startswith("no instance is known: the name checkout.invalid cannot be looked up")


def test_outside_a_cluster_kubernetes_must_be_configured() -> None:
    found = Discover(kubernetes=KubernetesDiscovery(namespace="shop", selector="app=checkout"))
    diagnosis = asked(Config(services={"checkout": Service(discover=found)})).diagnosis
    assert diagnosis.targets[0].failures[0].reason.startswith("no instance is known: no Kubernetes is around"), diagnosis.targets


def test_a_unix_socket_may_be_named_on_the_command_line() -> None:
    run = gocrash("diagnose", "http+unix://%2Frun%2Fnone.sock", "--quiet")
    assert run.status == 3
    assert "there is no socket at /run/none.sock" in run.out


def test_one_instance_may_be_wished_for() -> None:
    service = Service(name="checkout", targets=("http://10.0.3.7:6060", "http://10.0.3.8:6060"))
    plan = plan_of(service, Config(services={"checkout": service}))
    one, nothing = located(replace(plan, instance="10.0.3.8:6060"))
    assert ([target.instance for target in one.targets], nothing) == (["10.0.3.8:6060"], ())
    none, (failure,) = located(replace(plan, instance="10.0.3.9:6060"))
    assert none.targets == ()
    assert failure.reason == "there is no instance 10.0.3.9:6060: there is 10.0.3.7:6060, 10.0.3.8:6060"
