"""Metrics history from the configuration to the answer: live, of a dead service, saved and read back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from apis import RangeQueries, answering
from cli import gocrash
from examples import PLAYBOOKS
from misbehaving import Misbehaving

from bot.config import load_config
from bot.diagnose import diagnose, load_engine
from bot.model.evidence import Evidence, Kind
from bot.parse.history import parse_history
from bot.plan import plan_of

LEAK = PLAYBOOKS / "goroutine-growth-slow" / "examples" / "fires-since-the-release" / "history.json"
DEAD = """
services:
  checkout: {{ targets: ["http://127.0.0.1:1"], history: {{}} }}
prometheus: {{ url: "{url}" }}
"""


def test_a_dead_service_is_judged_by_its_history_which_is_saved_and_read_back(tmp_path: Path) -> None:
    prometheus = RangeQueries(*parse_history(LEAK.read_bytes()).series)
    server = Misbehaving(answering(prometheus))
    try:
        (tmp_path / "gocrash.yaml").write_text(DEAD.format(url=server.url))
        asked = gocrash("diagnose", "checkout", "--save", "kept", "--format", "json", cwd=tmp_path)
    finally:
        server.close()
    assert len(prometheus.asked) == 1
    answer = json.loads(asked.out)
    (finding,) = answer["findings"]
    assert finding["playbook"] == "goroutine-growth-slow"
    again = json.loads(gocrash("diagnose", "kept", "--format", "json", cwd=tmp_path).out)
    assert [item["fingerprint"] for item in again["findings"]] == [finding["fingerprint"]]
    assert parse_history((tmp_path / "kept" / "history.json").read_bytes()).series


def test_why_there_is_no_history_stands_in_the_answer(tmp_path: Path) -> None:
    (tmp_path / "gocrash.yaml").write_text(DEAD.format(url="http://127.0.0.1:1"))
    run = gocrash("diagnose", "checkout", cwd=tmp_path)
    assert run.status == 3
    assert "Prometheus: connection refused" in run.out


@pytest.mark.parametrize("source", [LEAK, "-"])
def test_an_answer_of_prometheus_is_recognised_as_a_file_and_on_standard_input(source: Path | str) -> None:
    run = gocrash("diagnose", source, "--format", "json", stdin=LEAK.read_bytes())
    assert [finding["playbook"] for finding in json.loads(run.out)["findings"]] == ["goroutine-growth-slow"]


def test_a_leak_whose_place_is_known_is_said_once() -> None:
    known = PLAYBOOKS / "goroutine-leak-channel-send" / "examples" / "fires-abandoned-results"
    answer = json.loads(gocrash("diagnose", known, LEAK, "--format", "json").out)
    assert [(item["playbook"], item["explains"]) for item in answer["findings"]] == [("goroutine-leak-channel-send", [])]


def test_the_selector_is_the_job_of_its_name_unless_it_is_configured(tmp_path: Path) -> None:
    path = tmp_path / "gocrash.yaml"
    path.write_text(
        "services:\n"
        "  cart: {history: {}}\n"
        "  mail: {history: {selector: '{app=\"mail\"}', hours: 6h, step: 2m}}\n"
        "  plain: {targets: ['http://h:1']}\n"
        "prometheus: {url: 'http://h:9090'}\n"
    )
    config = load_config(path, {})
    cart, mail, plain = (plan_of(config.services[name], config).history for name in ("cart", "mail", "plain"))
    assert cart is not None
    assert mail is not None
    assert (cart.selector, cart.back_seconds, cart.step_seconds) == ('{job="cart"}', 108_000, None)
    assert (mail.selector, mail.back_seconds, mail.step_seconds) == ('{app="mail"}', 21_600, 120)
    assert plain is None


def test_a_history_that_was_handed_in_is_not_asked_for_again(tmp_path: Path) -> None:
    (tmp_path / "gocrash.yaml").write_text(DEAD.format(url="http://127.0.0.1:1"))
    config = load_config(tmp_path / "gocrash.yaml", {})
    service = config.service("checkout")
    now = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
    stored = Evidence(kind=Kind.HISTORY, name="history.json", content=LEAK, source="samples", collected_at=now)
    plan = replace(plan_of(service, config), interval_seconds=0)
    outcome = diagnose(service, load_engine(), plan, now=lambda: now, progress=lambda _step: None, already=[stored])
    assert [finding.playbook for finding in outcome.diagnosis.findings] == ["goroutine-growth-slow"]
    assert not [failure for failure in outcome.bundle.failures if failure.kind is Kind.HISTORY]
