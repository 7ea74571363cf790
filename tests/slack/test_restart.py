"""`gocrash serve`, killed in the middle of a diagnosis and started again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from bench import BOT_ID, local_slack
from shop import ShopRunner, wait_until

from bot.incidents.store import Store
from bot.localslack import LocalSlack

SECONDS = 60.0


@contextmanager
def serving(slack: LocalSlack, config: Path, data: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        **slack.environment(),
        "GOCRASH_CONFIG": str(config),
        "GOCRASH_DATA": str(data),
        "GOCRASH_HTTP": "127.0.0.1:0",
    }
    with subprocess.Popen([sys.executable, "-m", "bot", "serve"], env=environment, cwd=Path(__file__).parents[2]) as process:
        try:
            slack.wait_connected(timeout_seconds=SECONDS)
            yield process
        finally:
            process.terminate()


@pytest.mark.parametrize("point", ["accepted", "first rung stored", "second sample stored"])
def test_a_killed_bot_goes_on_where_it_was(run_shop: ShopRunner, tmp_path: Path, point: str) -> None:
    shop = run_shop("leak-chan-send", count=200)
    config, data = tmp_path / "gocrash.yaml", tmp_path / "data"
    config.write_text(yaml.safe_dump({"services": {"checkout": {"targets": [shop.url]}}, "defaults": {"interval": "1s"}}))

    def reached(store: Store) -> bool:
        samples = [piece.sample for piece in store.evidence.of_job(2)]
        return {
            "accepted": store.queue.unfinished() > 0,
            "first rung stored": bool(samples),
            "second sample stored": 1 in samples,
        }[point]

    with local_slack() as slack:
        with serving(slack, config, data) as bot, Store(data) as store:
            assert slack.command("maya", "checkout", "/gocrash checkout").ok
            wait_until(lambda: reached(store), SECONDS)
            bot.kill()
            bot.wait(SECONDS)
            before = [piece.source for piece in store.evidence.of_job(2)]
        with serving(slack, config, data), Store(data) as store:
            slack.wait_idle(until=store.is_idle, timeout_seconds=SECONDS, quiet_seconds=0.5)
            pulled = [(piece.name, piece.sample) for piece in store.evidence.of_job(2)]
            assert len(pulled) == len(set(pulled)), "something was pulled twice"
            assert len(pulled) >= len(before)
        answers = [message for message in slack.messages("checkout") if message.get("bot_id") == BOT_ID]
        assert "stuck sending in pricing.(*Pool).fetch" in answers[0]["text"]
        assert len(answers) == len({answer["text"] for answer in answers}), "something was posted twice"
        assert slack.refusals == ()


def test_a_second_bot_on_the_same_database_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "gocrash.yaml"
    config.write_text("services: {}\n")
    with local_slack() as slack, serving(slack, config, tmp_path / "data"):
        second = subprocess.run(
            [sys.executable, "-m", "bot", "serve"],
            env={**os.environ, **slack.environment(), "GOCRASH_CONFIG": str(config), "GOCRASH_DATA": str(tmp_path / "data")},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    assert second.returncode == 2
    assert "another bot" in second.stderr
    assert "Traceback" not in second.stderr
