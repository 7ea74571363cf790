"""The connection to Slack: silent, dropped, refused or away, it comes back by itself, and the bot says so meanwhile."""

from __future__ import annotations

import socket as sockets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import yaml
from bench import MANIFEST, Bench, settings
from shop import wait_until
from slack_bolt import Ack
from slack_sdk.socket_mode.builtin import SocketModeClient

from bot.config import Config, Service
from bot.errors import InstallationError, InvalidAuthError
from bot.localslack import LocalSlack
from bot.serve import running
from bot.slack.app import create_app, socket, web_client
from bot.slack.health import Watchdog
from bot.telemetry import Metrics, create_metrics

RECORDED = str(Path(__file__).parents[1] / "goservices" / "recorded" / "go1.27" / "leak-chan-send")
SECONDS = 30.0
# What the local Slack gives the app of the manifest; the same in every run.
TOKENS = ("xoxb-local-gocrash", "xapp-1-A0GOCRASH-local")


def new_slack(port: int = 0) -> LocalSlack:
    return LocalSlack(manifest=yaml.safe_load(MANIFEST.read_text()), retry_delays_seconds=(0, 1, 5), port=port)


def free_port() -> int:
    with sockets.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@dataclass(frozen=True)
class Watched:
    """A watchdog with a socket of its own, and the commands that arrived over it."""

    watchdog: Watchdog
    client: SocketModeClient
    metrics: Metrics
    commands: list[str]

    @property
    def reconnects(self) -> float:
        return self.metrics.registry.get_sample_value("gocrash_slack_reconnects_total") or 0.0

    @property
    def connected(self) -> float:
        return self.metrics.registry.get_sample_value("gocrash_slack_connected") or 0.0


@contextmanager
def watched(api_url: str, tokens: tuple[str, str] = TOKENS) -> Iterator[Watched]:
    bot_token, app_token = tokens
    client, metrics = web_client(bot_token, api_url), create_metrics()
    commands: list[str] = []
    app = create_app(client)

    @app.command("/gocrash")
    def command(ack: Ack, body: dict[str, str]) -> None:
        commands.append(body["text"])
        ack()

    handler = socket(app, app_token, ping_seconds=0.5)
    watchdog = Watchdog(client, handler.client, metrics=metrics, silent_seconds=1.6)
    try:
        watchdog.start()
        yield Watched(watchdog, handler.client, metrics, commands)
        watchdog.stop()
    finally:
        handler.close()  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module")
def slack() -> Iterator[LocalSlack]:
    with new_slack() as slack:
        yield slack


def silence(slack: LocalSlack) -> None:
    slack.silence_sockets()


@pytest.mark.parametrize(
    "trouble",
    [
        silence,
        lambda slack: slack.drop_sockets(""),
        lambda slack: slack.drop_sockets("warning"),
        lambda slack: slack.drop_sockets("refresh_requested"),
    ],
    ids=["silent", "cut", "warned", "refreshed"],
)
def test_after_trouble_with_the_socket_every_command_arrives_once(
    slack: LocalSlack, trouble: Callable[[LocalSlack], None]
) -> None:
    with watched(slack.api_url) as bot:
        slack.wait_connected()
        assert (bot.watchdog.reason, bot.connected) == ("", 1.0)
        session = bot.client.session_id()
        trouble(slack)
        wait_until(lambda: bot.client.session_id() != session and bot.client.is_connected(), SECONDS)
        said = [f"services {number}" for number in range(5)]
        wait_until(lambda: slack.connections == 1, SECONDS)
        assert all(slack.command("maya", "checkout", f"/gocrash {words}").ok for words in said)
        assert bot.commands == said
        wait_until(lambda: (bot.watchdog.reason, bot.connected, bot.reconnects) == ("", 1.0, 1.0), SECONDS)


def test_a_slack_that_is_away_at_the_start_is_waited_for() -> None:
    port = free_port()
    with watched(f"http://127.0.0.1:{port}/api/") as bot:
        assert "cannot be reached" in bot.watchdog.reason
        assert bot.connected == 0
        with new_slack(port) as slack:
            wait_until(lambda: bot.watchdog.reason == "", SECONDS)
            assert slack.command("maya", "checkout", "/gocrash help").ok
            assert bot.connected == 1


@pytest.mark.parametrize(
    ("tokens", "named"),
    [(("xoxb-wrong", TOKENS[1]), "SLACK_BOT_TOKEN"), ((TOKENS[0], "xapp-wrong"), "SLACK_APP_TOKEN")],
)
def test_a_wrong_token_ends_the_start_with_a_sentence(slack: LocalSlack, tokens: tuple[str, str], named: str) -> None:
    with pytest.raises(InstallationError, match=named), watched(slack.api_url, tokens):
        pass


def test_tokens_that_were_mixed_up_are_told_apart(slack: LocalSlack) -> None:
    with pytest.raises(InstallationError) as raised, watched(slack.api_url, (slack.app_token, slack.app_token)):
        pass
    assert not isinstance(raised.value, InvalidAuthError)
    assert "xoxb-" in str(raised.value)


def test_slack_goes_away_and_comes_back(tmp_path: Path) -> None:
    config = Config(services={"checkout": Service(replay=RECORDED)})
    with new_slack(port := free_port()) as first:
        given = replace(settings(first, tmp_path), http_port=free_port())
        with running(config, given) as bot:
            first.wait_connected()
            assert httpx.get(f"{bot.url}/readyz").status_code == 200
            assert first.command("maya", "checkout", "/gocrash help").ok
            Bench(first, bot.store, bot.url).settle()
            first.close()
            wait_until(lambda: httpx.get(f"{bot.url}/readyz").status_code == 503, SECONDS)
            said = {"text": "said while Slack was away"}
            bot.store.outbox.put("while-away", channel="C0CHECKOUT", payload=said, now=datetime.now(UTC))
            with new_slack(port) as second:
                wait_until(lambda: httpx.get(f"{bot.url}/readyz").status_code == 200, SECONDS)
                for line in ("help", "services", "incidents"):
                    assert second.command("maya", "checkout", f"/gocrash {line}").ok
                back = Bench(second, bot.store, bot.url)
                back.settle()
                answers = back.answers("checkout")
                assert [answer["text"] for answer in answers].count(said["text"]) == 1
                assert len(answers) == 4
