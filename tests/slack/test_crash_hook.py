"""A crash hook posts what a process said last: kept with its secrets masked, diagnosed, told in the service's channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from bench import Bench, local_slack, settings, shown

from bot.config import Config, Service
from bot.serve import running

TOKEN = {"Authorization": "Bearer t0ken"}
CRASH = (Path(__file__).parents[1] / "goservices" / "recorded" / "go1.27" / "crash-nil" / "service.log").read_bytes()


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    nowhere = ("http://127.0.0.1:9",)
    config = Config(services={"checkout": Service(targets=nowhere, channel="C0CHECKOUT"), "cart": Service(targets=nowhere)})
    data = tmp_path_factory.mktemp("data")
    with local_slack() as slack, running(config, replace(settings(slack, data), alerts_token="t0ken")) as started:  # noqa: S106
        slack.wait_connected()
        yield Bench(slack, started.store, started.url)
        assert slack.refusals == ()
        assert list((data / "incoming").iterdir()) == []


def test_a_crash_log_is_answered_in_the_services_channel_once(bot: Bench) -> None:
    log = CRASH + b"\npassword=hunter2secret\n"
    for _ in range(2):
        answer = httpx.post(f"{bot.url}/evidence/checkout", content=log, headers=TOKEN)
        assert (answer.status_code, answer.text) == (202, "the crash log was accepted\n")
        bot.settle()
    answers = bot.answers("checkout")
    assert "nil" in answers[0]["text"]
    assert len(answers) == len(set(map(shown, answers)))
    (incident,) = bot.store.incidents.list_incidents()
    (piece,) = bot.store.evidence.of_incident(incident.number)
    assert b"hunter2secret" not in piece.read()
    assert incident.service == "checkout"


@pytest.mark.parametrize(
    ("service", "content", "headers", "answered"),
    [
        ("chekout", CRASH, TOKEN, (404, "did you mean `checkout`")),
        ("cart", CRASH, TOKEN, (404, "give `cart` a `channel`")),
        ("checkout", CRASH, {}, (401, "GOCRASH_ALERTS_TOKEN")),
        ("checkout", CRASH, {"Authorization": "Bearer wrong"}, (401, "GOCRASH_ALERTS_TOKEN")),
        ("checkout", b"", TOKEN, (400, "this is empty")),
    ],
)
def test_what_cannot_be_taken_is_refused_in_one_sentence(
    bot: Bench, service: str, content: bytes, headers: dict[str, str], answered: tuple[int, str]
) -> None:
    answer = httpx.post(f"{bot.url}/evidence/{service}", content=content, headers=headers)
    status, words = answered
    assert answer.status_code == status
    assert words in answer.text.replace("Did", "did")


def test_what_is_no_log_is_said_in_the_channel(bot: Bench) -> None:
    before = len(bot.answers("checkout"))
    assert httpx.post(f"{bot.url}/evidence/checkout", content=b"\x7fELF" + bytes(5000), headers=TOKEN).status_code == 202
    bot.settle()
    assert len(bot.answers("checkout")) > before
