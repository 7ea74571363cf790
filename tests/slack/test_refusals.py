"""What Slack refuses or answers late: said where people can see it, repeated only where it is known not to stand there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from bench import Bench, bench, shown

from bot import errors
from bot.config import Config, Service
from bot.localslack.manifest import read_manifest
from bot.model.delivery import Postponed
from bot.model.incident import OutboxMessage
from bot.slack.app import web_client
from bot.slack.errors import REFUSALS, refusal
from bot.slack.post import REPEATED, Poster

ROOT = Path(__file__).parents[2]
RECORDED = str(ROOT / "tests" / "goservices" / "recorded" / "go1.27" / "leak-chan-send")


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bench]:
    config = Config(services={"checkout": Service(replay=RECORDED), "cart": Service(replay=RECORDED)})
    with bench(config, tmp_path) as running:
        yield running


def test_every_code_has_a_class_of_its_own_and_a_sentence() -> None:
    tree = ast.parse((ROOT / "bot" / "errors.py").read_text())
    kinds = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    used = {kind.__name__ for kind, _ in REFUSALS.values()}
    categories = {kind.__name__ for kind in errors.SlackError.__subclasses__()}
    own = {name for name in kinds if issubclass(getattr(errors, name), errors.SlackError)} - categories - {"SlackError"}
    assert used == own
    assert len(REFUSALS) - 1 == len(used), "two codes share a class (`rate_limited` is an older spelling)"
    assert all(name in (errors.__doc__ or "") for name in kinds)
    for code, (kind, _) in REFUSALS.items():
        error = refusal(code, {"needed": "files:write", "response_metadata": {"messages": ["too long"]}})
        assert type(error) is kind
        assert error.code == code
        assert str(error).endswith((".", "`."))
        assert "{" not in str(error)


def test_a_missing_scope_is_named() -> None:
    error = refusal("missing_scope", {"needed": "files:write"})
    assert "`files:write`" in str(error)
    assert "reinstall" in str(error)


def test_a_code_nobody_knows_is_said_as_it_is() -> None:
    assert str(refusal("moon_phase")) == "Slack refused the call with `moon_phase`."


def test_a_person_hears_that_the_bot_may_not_speak_in_a_channel(bot: Bench) -> None:
    bot.slack.add_channel("secret", private=True, with_app=False)
    assert bot.slack.command("maya", "secret", "/gocrash checkout").ok
    bot.settle()
    (told,) = bot.answers("secret")
    assert told["visible_to"] == "U0MAYA"
    assert "/invite @gocrash" in told["text"]
    assert {call.error for call in bot.slack.refusals} <= {"channel_not_found", "not_in_channel"}


def test_after_the_invitation_the_answer_comes(bot: Bench) -> None:
    bot.slack.add_channel("secret", private=True, with_app=False)
    bot.slack.command("maya", "secret", "/gocrash checkout")
    bot.settle()
    bot.slack.invite_app("secret")
    bot.slack.command("maya", "secret", "/gocrash checkout")
    bot.settle()
    assert any("stuck sending" in answer["text"] for answer in bot.answers("secret"))


def test_a_post_whose_answer_was_lost_is_found_and_not_repeated(bot: Bench) -> None:
    bot.slack.inject("chat.postMessage", status=503, after=True)
    bot.slack.command("maya", "checkout", "/gocrash checkout")
    bot.settle()
    answers = bot.answers("checkout")
    assert len(answers) == len(set(map(shown, answers)))
    assert "stuck sending" in answers[0]["text"], "what was found stayed in its earlier version"
    assert REPEATED not in str(bot.answers("checkout"))


def test_a_file_whose_answer_was_lost_is_found_and_not_repeated(bot: Bench, tmp_path: Path) -> None:
    path = tmp_path / "stacks"
    path.write_bytes(b"goroutine 1 [running]:\n")
    bot.slack.inject("files.completeUploadExternal", status=503, after=True)
    thread = bot.slack.say("maya", "checkout", "what is it?")
    for _ in range(2):
        bot.store.outbox.put(
            "stacks",
            channel="C0CHECKOUT",
            payload={"filename": "stacks.txt", "title": "Stacks", "alt_text": "", "path": str(path)},
            now=datetime.now(UTC),
            thread_ts=thread,
            kind="file",
        )
        bot.settle()
    shown = [message for message in bot.answers("checkout") if message.get("files")]
    assert len(shown) == 1


def test_an_answer_to_a_response_url_that_may_stand_there_says_so(bot: Bench) -> None:
    bot.slack.inject("response_url", status=503, after=True)
    bot.slack.command("maya", "checkout", "/gocrash help")
    bot.settle()
    first, second = bot.answers("checkout")
    assert first["text"] == second["text"]
    assert REPEATED not in str(first)
    assert REPEATED in str(second)


def test_a_busy_slack_holds_up_no_other_channel(bot: Bench) -> None:
    bot.slack.inject("chat.postMessage", retry_after_seconds=3)
    bot.slack.command("maya", "checkout", "/gocrash checkout")
    bot.slack.wait_idle(until=lambda: any(call.error for call in bot.slack.calls), timeout_seconds=20)
    bot.slack.command("jonas", "incidents", "/gocrash cart")
    bot.slack.wait_idle(until=lambda: len(bot.answers("incidents")) > 0, timeout_seconds=20)
    assert bot.answers("checkout") == []
    bot.settle()
    assert bot.answers("checkout")
    assert bot.slack.refusals == ()


def test_a_file_that_slack_refuses_is_said_in_the_thread(bot: Bench, tmp_path: Path) -> None:
    thread = bot.slack.say("maya", "checkout", "what is it?")
    payload = {"filename": "stacks.txt", "title": "Stacks", "alt_text": "", "path": str(tmp_path / "gone")}
    bot.store.outbox.put("stacks", channel="C0CHECKOUT", payload=payload, now=datetime.now(UTC), thread_ts=thread, kind="file")
    bot.settle()
    (told,) = bot.answers("checkout")
    assert told["thread_ts"] == thread
    assert "stacks.txt is missing here" in told["text"]


def test_a_layout_that_slack_refuses_is_said_in_its_place(bot: Bench) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 4000}}]
    bot.store.outbox.put("wide", channel="C0CHECKOUT", payload={"text": "wide", "blocks": blocks}, now=datetime.now(UTC))
    bot.settle()
    (told,) = bot.answers("checkout")
    assert "did not accept the layout" in told["text"]


def test_the_manifest_asks_for_what_the_look_up_needs() -> None:
    app = read_manifest(yaml.safe_load((ROOT / "deploy" / "slack-manifest.yaml").read_text()))
    assert {"channels:history", "groups:history"} <= app.scopes


def test_a_server_that_is_not_there_is_tried_again_later() -> None:
    message = OutboxMessage(key="k", channel="C", kind="message", payload={"text": "t"}, version=1, sent_version=0, attempts=2)
    delivery = Poster(web_client("xoxb-1", "http://127.0.0.1:9/")).send(message)
    assert isinstance(delivery, Postponed)
    assert delivery.seconds == 8.0
