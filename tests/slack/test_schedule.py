"""What the bot does unasked, against the real Go shop: light samples, baselines, looks after mitigations."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from bench import Bench, bench
from misbehaving import Misbehaving, http_answer
from shop import Shop, ShopRunner, wait_until

from bot.config import Config, Defaults, Service
from bot.incidents.store import Store
from bot.model.incident import Incident, Status, TimelineEvent
from bot.model.units import Duration
from bot.parse.metrics import parse_metrics

SECONDS = 60.0
CULPRIT = "pricing.(*Pool).fetch"
NEVER = Duration(0)


@dataclass
class Front:
    """What stands before the shop of the moment: an address that stays, and a metrics page that names the revision."""

    shop: Shop
    revision: str

    def __call__(self, connection: socket.socket, request: bytes) -> None:
        path = request.split(b" ")[1].decode()
        try:
            body = self.shop.get(path)
        except httpx.HTTPStatusError as error:
            connection.sendall(http_answer(b"", status=f"{error.response.status_code} No"))
            return
        if path == "/metrics":
            body += f'shop_build_info{{revision="{self.revision}"}} 1\n'.encode()
        connection.sendall(http_answer(body))


@contextmanager
def watched(front: Front, data: Path, defaults: Defaults, **samples: float) -> Iterator[tuple[Bench, str]]:
    server = Misbehaving(front, most=1000)
    service = Service(targets=(server.url,), channel="C0CHECKOUT")
    if samples:
        with Store(data) as store:
            crept_up(store, server.place, front.shop, **samples)
    try:
        with bench(Config(services={"checkout": service}, defaults=defaults), data) as running:
            yield running, server.place
            assert running.slack.refusals == ()
    finally:
        server.close()


def crept_up(store: Store, instance: str, shop: Shop, *, first: float, last: float) -> None:
    """Put the samples of thirty hours before now into the store: level yesterday, and a line upwards for the last six hours."""
    page = parse_metrics(shop.get("/metrics"))
    started, spent = page.value("process_start_time_seconds") or 0.0, page.value("process_cpu_seconds_total") or 0.0
    now, hours = datetime.now(UTC), 30
    for quarter in range(hours * 4):
        age = hours - quarter / 4
        values = {
            "go_goroutines": first + (last - first) * max(0.0, 1 - age / 6),
            "process_start_time_seconds": started,
            "process_cpu_seconds_total": spent * (1 - age / hours),
        }
        store.samples.record("checkout", {instance: values}, taken_at=now - timedelta(hours=age))


def open_incident(bot: Bench) -> Incident:
    wait_until(lambda: bot.store.incidents.list_incidents() != (), SECONDS)
    (incident,) = bot.store.incidents.list_incidents()
    return incident


def checks(bot: Bench, incident: Incident) -> list[TimelineEvent]:
    return [event for event in bot.store.timeline.of(incident.number) if event.kind == "check"]


def test_a_slow_leak_is_noticed_before_anybody_asks(run_shop: ShopRunner, tmp_path: Path) -> None:
    leaking = run_shop("leak-chan-send", count=600)
    defaults = Defaults(interval=Duration(0.2), cooldown=NEVER, sample=Duration(1), baseline=NEVER, recheck=NEVER)
    with watched(Front(leaking, "v1.41"), tmp_path, defaults, first=20, last=600) as (bot, instance):
        incident = open_incident(bot)
        wait_until(lambda: any(CULPRIT in message["text"] for message in bot.answers("checkout")), SECONDS)
        assert incident.opened_by == "gocrash"
        document = bot.store.diagnoses.latest(incident.number)
        assert document
        told = str(document["findings"])
        assert CULPRIT in told
        assert "goroutine-growth-slow" not in [finding["playbook"] for finding in document["findings"]], "the leak says it better"
        kept = {piece.name for piece in bot.store.evidence.of_incident(incident.number)}
        assert {"history.json", "goroutine.pb.gz"} <= kept
        newest = bot.store.samples.history("checkout", since=datetime.now(UTC) - timedelta(minutes=5))
        live = {series.name: series.points[-1].value for series in newest if series.label("instance") == instance}
        assert live["go_goroutines"] > 600
        assert {"process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds"} <= live.keys()

        def taken() -> int:
            points = bot.store.samples.history("checkout", since=datetime.now(UTC) - timedelta(minutes=5))
            return max(len(series.points) for series in points)

        before = taken()
        wait_until(lambda: taken() >= before + 2, SECONDS)
        messages = bot.answers("checkout")
        headlines = [message for message in messages if message.get("thread_ts", message["ts"]) == message["ts"]]
        assert len(headlines) == 1, "every sample that still sees the leak says so again"


def test_an_unreachable_service_is_sampled_quietly(tmp_path: Path) -> None:
    defaults = Defaults(sample=Duration(1), baseline=NEVER, recheck=NEVER)
    service = Service(targets=("http://127.0.0.1:9",), channel="C0CHECKOUT")
    with bench(Config(services={"checkout": service}, defaults=defaults), tmp_path) as bot:
        line = 'gocrash_scheduled_looks_total{kind="sample",outcome="unanswered"}'
        wait_until(lambda: line in httpx.get(f"{bot.url}/metrics").text, SECONDS)
        assert bot.answers("checkout") == []
        assert bot.store.samples.history("checkout", since=datetime.now(UTC) - timedelta(hours=1)) == ()
        assert "gocrash_jobs_failed_total{" not in httpx.get(f"{bot.url}/metrics").text


def test_baseline_what_changed_and_whether_it_recovered(run_shop: ShopRunner, tmp_path: Path) -> None:
    front = Front(run_shop("healthy"), "v1.41")
    leaking = run_shop("leak-chan-send", count=1500)
    defaults = Defaults(interval=Duration(0.2), cooldown=NEVER, sample=NEVER, baseline=Duration(2), recheck=Duration(0.5))
    with watched(front, tmp_path, defaults) as (bot, _):
        wait_until(lambda: bot.store.baselines.newest("checkout") is not None, SECONDS)
        assert bot.store.incidents.list_incidents(status="all") == ()

        front.shop, front.revision = leaking, "v1.42"
        bot.slack.command("maya", "checkout", "/gocrash checkout")
        incident = open_incident(bot)
        bot.settle()
        document = bot.store.diagnoses.latest(incident.number)
        assert document
        changes = {(change["kind"], change["before"], change["after"]) for change in document["changes"]}
        assert ("revision", "v1.41", "v1.42") in changes
        assert any(kind == "new_group" and CULPRIT in after for kind, _, after in changes)
        assert document["baseline_at"]
        headline = str(bot.answers("checkout")[0]["blocks"])
        assert "What changed since" in headline
        assert "v1.41 → v1.42" in headline

        def change(status: Status) -> TimelineEvent:
            """As the command line does: in the store, past the running bot."""
            known = len(checks(bot, incident))
            now = datetime.now(UTC)
            bot.store.incidents.change_status(incident.number, status, text="rolled back", actor="maya", now=now)
            wait_until(lambda: len(checks(bot, incident)) > known, SECONDS)
            bot.settle()
            return checks(bot, incident)[-1]

        event = change(Status.MITIGATED)
        assert f"{incident.key} of checkout has not recovered" in event.text
        assert event.actor == "gocrash"
        (outcome,) = event.details["recovered"].values()
        assert outcome["recovered"] is False
        assert outcome["before"] >= 1500
        assert outcome["after"] >= 1500
        latest = bot.store.diagnoses.latest(incident.number)
        assert latest
        assert list(latest["recovered"].values()) == [outcome]

        baseline = bot.store.baselines.newest("checkout")
        front.shop, front.revision = run_shop("healthy"), "v1.43"
        event = change(Status.RESOLVED)
        assert f"{incident.key} of checkout has recovered" in event.text
        (outcome,) = event.details["recovered"].values()
        assert (outcome["recovered"], outcome["after"]) == (True, None)
        thread = [message["text"] for message in bot.answers("checkout") if message.get("thread_ts")]
        assert [text for text in thread if "recovered" in text] == [
            f"{incident.key} of checkout has not recovered.",
            f"{incident.key} of checkout has recovered.",
        ]
        now_known = bot.store.baselines.newest("checkout")
        assert now_known
        assert baseline
        assert now_known.taken_at > baseline.taken_at
