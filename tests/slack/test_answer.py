"""The answer as people see it: stages, what stands in its thread, a full dump on demand, and hostile evidence."""

from __future__ import annotations

import re
import shutil
import socket
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from bench import Bench, bench
from misbehaving import Misbehaving, http_answer

from bot.config import Config, Defaults, LogSource, Service
from bot.model.units import ByteSize, Duration

RECORDED = Path(__file__).parents[1] / "goservices" / "recorded" / "go1.27"
PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
SLOW_GROWTH = PLAYBOOKS / "memory-growth-slow" / "examples" / "fires-cache-without-expiry"
FILES = {
    "/debug/pprof/goroutine": "goroutine.pb.gz",
    "/debug/pprof/heap": "heap.pb.gz",
    "/debug/pprof/goroutine?debug=2": "goroutine.txt",
    "/debug/pprof/goroutineleak?debug=1": "goroutineleak.txt",
    "/metrics": "metrics.txt",
}
EVIL = "boom <!channel> <https://evil.example|click here> @here ``` token=xoxb-1234567890-abcdefghijkl"


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved crash whose panic value wants to ping, to link, to break out of its fence, and holds a token."""
    bundle = tmp_path_factory.mktemp("evil") / "crash"
    bundle.mkdir()
    stack = "goroutine 1 [running]:\nmain.handle(...)\n\t/src/<!here>/main.go:12\nmain.main()\n\t/src/main.go:7 +0x1d"
    crash = f"panic: {EVIL}\n\n{stack}\nexit status 2\n"
    (bundle / "service.log").write_text(crash)
    return bundle


@pytest.fixture(scope="module")
def changing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Saved evidence that a test replaces."""
    there = tmp_path_factory.mktemp("changing") / "bundle"
    shutil.copytree(RECORDED / "leak-chan-send", there)
    return there


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory, evil: Path, changing: Path) -> Iterator[Bench]:
    services = {
        "leaking": Service(
            replay=str(RECORDED / "leak-chan-send"),
            own_modules=("example.com/shop",),
            source_url="https://git.example.com/shop/blob/main/{path}#L{line}",
        ),
        "heavy": Service(replay=str(RECORDED / "heap-map")),
        "growing": Service(replay=str(SLOW_GROWTH)),
        "crashed": Service(replay=str(evil)),
        "changing": Service(replay=str(changing)),
    }
    with bench(Config(services=services, defaults=Defaults(cooldown=Duration(0))), tmp_path_factory.mktemp("answers")) as running:
        yield running
        assert running.slack.refusals == ()


def asked(bot: Bench, service: str, words: str = "") -> list[dict[str, Any]]:
    """Ask about a service; the headline and its thread."""
    before = {message["ts"] for message in bot.answers("checkout")}
    bot.slack.command("maya", "checkout", f"/gocrash diagnose {service} {words}".strip())
    bot.settle()
    return [message for message in bot.answers("checkout") if message["ts"] not in before and not message["visible_to"]]


def words(messages: list[dict[str, Any]]) -> list[str]:
    return [message["text"] for message in messages if message["text"]]


def files(messages: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {file["name"]: file for message in messages for file in message.get("files", ())}


def content(bot: Bench, file: dict[str, Any]) -> bytes:
    headers = {"Authorization": f"Bearer {bot.slack.bot_token}"}
    return httpx.get(file["url_private"], headers=headers).content


def test_the_thread_holds_proof_stacks_pictures_and_runbook(bot: Bench) -> None:
    headline, *thread = asked(bot, "leaking")
    shown = str(headline["blocks"])
    assert "<https://git.example.com/shop/blob/main/" in shown
    assert all(reply["thread_ts"] == headline["ts"] for reply in thread)
    replies = [text for text in words(thread) if not text.startswith("✓")]
    assert [text.split(" ", 1)[0] for text in replies[:3]] == ["Proof", "leaking:", "Flame"]
    assert re.match(r"leaking: [\d,]+ goroutines in \d+ groups, [\d,]+ of them in .*\(\*Pool\)\.fetch", replies[1])
    assert any("Runbook" in text for text in replies)
    assert len(replies) <= 5
    attached = files(thread)
    (picture,) = [file for name, file in attached.items() if name.endswith(".png")]
    assert content(bot, picture).startswith(b"\x89PNG")
    assert "stand in chan send" in picture["alt_txt"] or "goroutines" in picture["alt_txt"]
    (stacks,) = [file for name, file in attached.items() if name == "leaking-goroutines.txt"]
    assert b"(*Pool).fetch" in content(bot, stacks)
    (packed,) = [file for name, file in attached.items() if name.endswith(".tar.gz")]
    with tarfile.open(fileobj=BytesIO(content(bot, packed))) as archive:
        assert any(name.endswith("/goroutine.pb.gz") for name in archive.getnames())


def test_the_picture_is_of_what_the_finding_is_about(bot: Bench) -> None:
    (heap,) = [file for name, file in files(asked(bot, "heavy")).items() if name.endswith(".png")]
    assert heap["title"].startswith("Memory in use of heavy")
    (chart,) = [file for name, file in files(asked(bot, "growing")).items() if name.endswith(".png")]
    assert "went from" in chart["alt_txt"]
    assert not [name for name in files(asked(bot, "crashed")) if name.endswith(".png")]


def test_a_crash_log_comes_out_harmless(bot: Bench) -> None:
    messages = asked(bot, "crashed")
    shown = str([(message["text"], message.get("blocks")) for message in messages])
    assert "&lt;!channel&gt;" in shown
    assert "boom" in shown
    for text in ("<!channel>", "<!here>", "<https://evil", "xoxb-1234567890"):
        assert text not in shown
    for file in files(messages).values():
        data = content(bot, file)
        if file["name"].endswith(".tar.gz"):
            with tarfile.open(fileobj=BytesIO(data)) as archive:
                members = [archive.extractfile(member) for member in archive.getmembers()]
                data = b"".join(member.read() for member in members if member)
        assert b"xoxb-1234567890" not in data


def test_a_second_look_that_finds_nothing_keeps_the_incident_and_replaces_the_replies(bot: Bench, changing: Path) -> None:
    headline = asked(bot, "changing")[0]
    (incident,) = bot.store.incidents.list_incidents(service="changing")
    shutil.rmtree(changing)
    shutil.copytree(RECORDED / "healthy", changing)
    bot.slack.click("maya", headline["ts"], "rerun")
    bot.settle()
    messages = [message for message in bot.answers("checkout") if headline["ts"] in (message["ts"], message.get("thread_ts"))]
    assert "nothing wrong found" in messages[0]["text"]
    assert incident.key in str(messages[0]["blocks"])
    assert [one.number for one in bot.store.incidents.list_incidents(service="changing")] == [incident.number]
    assert "This was said of an earlier look" in str(words(messages))
    assert "Proof for" not in str(words(messages))


class Slow:
    """Answers with recorded evidence, after a while, and notes what it was asked."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.pulls: list[str] = []

    def __call__(self, connection: socket.socket, request: bytes) -> None:
        path = request.split(b" ")[1].decode()
        self.pulls.append(path)
        time.sleep(self.seconds)
        known = RECORDED / "leak-chan-send" / FILES[path] if path in FILES else None
        connection.sendall(http_answer(known.read_bytes()) if known else http_answer(b"", status="404 Not Found"))


@contextmanager
def live(tmp_path: Path, slow: Slow, defaults: Defaults, **settings: Any) -> Iterator[Bench]:  # noqa: ANN401  # of a Service
    server = Misbehaving(slow)
    try:
        config = Config(services={"checkout": Service(targets=(server.url,), **settings)}, defaults=defaults)
        with bench(config, tmp_path) as running:
            yield running
            assert running.slack.refusals == ()
    finally:
        server.close()


def test_at_the_deadline_the_answer_says_what_is_missing(tmp_path: Path) -> None:
    slow = Slow(seconds=0.6)
    with live(tmp_path, slow, Defaults(answer=Duration(1.0), interval=Duration(5.0))) as bot:
        began = time.monotonic()
        headline = asked(bot, "checkout")[0]
        assert time.monotonic() - began < 10
        assert "not enough evidence when the answer was due: nothing wrong found in goroutine" in headline["text"]
        assert ":grey_question:" in str(headline["blocks"])
        assert "heap of 127.0.0.1" in str(headline["blocks"])
        assert "not asked any more: the answer was due after 1 s" in str(headline["blocks"])
        assert "/debug/pprof/heap" not in slow.pulls
        assert not [pull for pull in slow.pulls if "debug=2" in pull]


def test_a_full_dump_that_would_freeze_the_service_is_offered_and_taken_when_wanted(tmp_path: Path) -> None:
    slow, log = Slow(), tmp_path / "service.log"
    log.write_text("2026-11-20T14:02:11Z INFO served\n" * 40_000)
    defaults = Defaults(interval=Duration(0), max_bytes=ByteSize(10**7))
    only_maya = {"capture": ("U0MAYA",)}
    with live(tmp_path / "data", slow, defaults, max_freeze_ms=0, allow=only_maya, logs=(LogSource(file=str(log)),)) as bot:
        messages = asked(bot, "checkout")
        headline = messages[0]
        assert "service.log of " in str(messages) or "service.log, 1.3 MB" in str(messages)
        value = next(option["value"] for option in headline["blocks"][-1]["elements"][-1]["options"])
        assert value.startswith("full-dump ")
        for person in ("jonas", "maya"):
            assert "/debug/pprof/goroutine?debug=2" not in slow.pulls
            bot.slack.click(person, headline["ts"], "more", value)
            modal = bot.slack.modal(person)
            assert modal
            assert re.search(r"would freeze `checkout` for about .+ in all \(longest pause about .+\)", str(modal["blocks"]))
            assert bot.slack.submit_view(person, {}).ok
            bot.settle()
        assert "'capture' on checkout is reserved for U0MAYA" in str(words(bot.answers("checkout")))
        assert slow.pulls.count("/debug/pprof/goroutine?debug=2") == 1
        (now,) = [message for message in bot.answers("checkout") if message["ts"] == headline["ts"]]
        assert "full-dump" not in str(now["blocks"])
        bot.slack.click("maya", headline["ts"], "rerun")
        bot.settle()
