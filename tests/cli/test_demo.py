"""`gocrash demo`: the whole bot against the local Slack, from the recorded bundles."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from cli import gocrash

from bot.cli import demo
from bot.cli.demo import SUGGESTIONS
from bot.errors import UsageError
from bot.incidents.store import Store
from bot.localslack import LocalSlack


def test_once_prints_the_channel_and_its_thread(tmp_path: Path) -> None:
    run = gocrash("demo", "--once", "/gocrash checkout", "--data", tmp_path)
    assert run.status == 0
    assert "maya: /gocrash checkout" in run.out
    assert "480 goroutines are stuck sending in `pricing.(*Pool).fetch` (pool.go:46)" in run.out
    assert "[Re-run] [Acknowledge] [Resolve …]" in run.out
    assert "    gocrash:\n      *Proof:*" in run.out
    listed = gocrash("incident", "list", GOCRASH_DATA=str(tmp_path))
    assert "INC-1" in listed.out
    assert "checkout" in listed.out
    shown = gocrash("incident", "show", "INC-1", "--data", tmp_path)
    assert "goroutine.pb.gz" in shown.out
    timeline = gocrash("incident", "timeline", "1", "--format", "json", "--data", tmp_path)
    assert [event["kind"] for event in json.loads(timeline.out)["events"]] == ["opened", "diagnosis", "finding"]


def test_a_script_plays_line_after_line(tmp_path: Path) -> None:
    script = tmp_path / "script.txt"
    script.write_text("# what the page suggests\n" + "\n".join(line for line, _, _ in SUGGESTIONS) + "\n")
    run = gocrash("demo", "--script", script, "--data", tmp_path / "data")
    assert run.status == 0
    for said in (
        "ledger.(*Book).Post",
        "cart.renderBasket",
        "orders.(*Reconciler).discount",
        "redeem",
        "nothing wrong found",
        "Did you mean",
    ):
        assert said in run.out, said
    assert "#alerts\nAlertmanager" in run.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--script", "/nonexistent"], "cannot be read"),
        (["--once", "a", "--script", "b"], "not both"),
    ],
)
def test_wrong_usage(arguments: list[str], said: str) -> None:
    run = gocrash("demo", *arguments)
    assert run.status == 2
    assert said in run.err


def test_the_demo_runs_until_it_is_told_to_stop(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bot", "demo", "--no-browser", "--port", "0", "--data", str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as demo:
        assert demo.stdout is not None
        assert demo.stdout.readline().startswith("The demo runs at http://127.0.0.1:")
        demo.send_signal(signal.SIGTERM)
        _out, err = demo.communicate(timeout=30)
    assert demo.returncode == 0
    assert "Traceback" not in err


def test_answers_owed_to_an_earlier_local_slack_hold_nothing_up(tmp_path: Path) -> None:
    moment = datetime.now(UTC)
    payload = {"response_url": "http://127.0.0.1:9/response/1", "text": "too late"}
    with Store(tmp_path) as store:
        store.outbox.put("old", channel="C1", payload=payload, now=moment, kind="respond")
    run = gocrash("demo", "--once", "/gocrash help", "--data", tmp_path)
    assert run.status == 0, run.err
    with Store(tmp_path) as store:
        assert store.outbox.get("old").refused


def test_a_line_that_is_not_answered_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "ANSWER_SECONDS", 0.2)
    manifest = yaml.safe_load(demo.MANIFEST.read_text(encoding="utf-8"))
    with LocalSlack(manifest=manifest, port=0, channels=demo.CHANNELS) as slack, Store(tmp_path) as store:
        store.queue.enqueue(kind="command", payload={}, now=datetime.now(UTC))
        with pytest.raises(UsageError, match="the line 'good morning' was not answered"):
            demo._play(slack, store, ["good morning"])  # noqa: SLF001  # nobody else calls it with a store at hand


def test_live_runs_the_real_program(tmp_path: Path) -> None:
    run = gocrash("demo", "--live", "--once", "/gocrash ledger", "--data", tmp_path)
    assert run.status == 0, run.err
    assert "goroutines wait for one Mutex in `ledger.(*Book).Post`" in run.out
    assert "full dump of" not in run.out, "the placeholder was not edited"
