"""A healthy service at its busy hour, compared with what it looked like at its quiet one."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from shop import ShopRunner, wait_until

from bot.config import Config, Defaults, Service
from bot.diagnose import Outcome, diagnose, load_engine
from bot.model.evidence import Bundle
from bot.model.rule import Severity
from bot.model.units import Duration
from bot.plan import cheap, plan_of

CONNECTIONS = 700
CONFIG = Config(services={"checkout": Service(targets=("http://127.0.0.1:9",))}, defaults=Defaults(interval=Duration(0.5)))


def look(url: str, *, light: bool = False, baseline: Bundle | None = None) -> Outcome:
    service = replace(CONFIG.services["checkout"], targets=(url,))
    plan = plan_of(service, CONFIG)
    return diagnose(
        service,
        load_engine(),
        cheap(plan) if light else plan,
        now=lambda: datetime.now(UTC),
        progress=lambda _step: None,
        baseline=baseline,
    )


def test_more_work_than_at_the_quiet_hour_is_no_finding(run_shop: ShopRunner) -> None:
    shop = run_shop("healthy")
    quiet = look(shop.url, light=True).bundle
    baseline = replace(quiet, routine=True, taken_at=quiet.taken_at - timedelta(hours=12))
    address = urlsplit(shop.url)
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            connection = stack.enter_context(socket.create_connection((address.hostname or "", address.port or 0)))
            connection.sendall(b"GET /checkout?session=s HTTP/1.1\r\nHost: shop\r\n\r\n")
        wait_until(lambda: goroutines(shop.get("/metrics")) > CONNECTIONS, 20.0)
        busy = look(shop.url, baseline=baseline)
    assert (busy.facts.runtime[0].goroutines or 0) > CONNECTIONS
    found = [finding.playbook for finding in busy.diagnosis.findings if finding.severity.rank <= Severity.MEDIUM.rank]
    assert found == []
    assert {change.kind for change in busy.diagnosis.changes} <= {"new_group", "new_site"}


def goroutines(page: bytes) -> int:
    lines = page.decode().splitlines()
    return next(int(float(line.split()[1])) for line in lines if line.startswith("go_goroutines "))
