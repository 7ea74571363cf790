"""No secret gets out: not into an answer, not into a saved bundle, not into what the bot stores or posts."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import bench
from cli import gocrash
from misbehaving import Misbehaving, http_answer
from recorder import renamed

from bot.config import Config, Defaults, LogSource, Service
from bot.model.units import Duration

PROFILE = Path(__file__).parent / "goservices" / "recorded" / "go1.27" / "leak-chan-send" / "goroutine.pb.gz"
SECRETS = ("maya.lind@example.org", "hunter2secret", "pa55w0rdXYZ", "abcdef0123456789abcdef", "tok3nInAProfile")
LABELLED = """goroutine profile: total 2
2 @ 0x4885aa 0x417f2e
# labels: {"customer":"maya.lind@example.org", "endpoint":"/v1/pay"}
#\t0x659718\texample.com/shop/pricing.(*Pool).fetch+0x18\t\t/src/pricing/pool.go:31
"""
FULL = """goroutine 7 [chan send, 31 minutes] {customer: maya.lind@example.org}:
example.com/shop/pricing.(*Pool).fetch(0xc000012345)
\t/src/pricing/pool.go:31 +0x2c
created by main.main in goroutine 1
\t/src/main.go:12 +0x8d
"""
LOG = """2026/11/20 23:03:30 listening on :8080
2026/11/20 23:03:31 request failed: Authorization: Bearer abcdef0123456789abcdef
2026/11/20 23:03:32 error: cannot log in: user=shop password=pa55w0rdXYZ
panic: dial postgres://shop:hunter2secret@db:5432/shop: connection refused

goroutine 1 [running]:
main.main()
\t/src/main.go:12 +0x1d
exit status 2
"""


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    directory = tmp_path / "evidence"
    directory.mkdir()
    (directory / "goroutine.debug1.txt").write_text(LABELLED)
    (directory / "goroutine.txt").write_text(FULL)
    (directory / "service.log").write_text(LOG)
    (directory / "goroutine.pb.gz").write_bytes(profile())
    return directory


def profile() -> bytes:
    """Return a real profile with a secret in its table of strings."""
    return gzip.compress(renamed(gzip.decompress(PROFILE.read_bytes()), b"[vdso]", b"token=tok3nInAProfile"))


def contents(directory: Path) -> Iterator[tuple[str, bytes]]:
    for path in directory.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            yield path.name, gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content


def leaked(text: str | bytes) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    return [secret for secret in SECRETS if secret.encode() in data]


def test_the_secrets_are_there_to_be_found(evidence: Path) -> None:
    assert {secret for _, content in contents(evidence) for secret in leaked(content)} == set(SECRETS)


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html"])
def test_neither_the_answer_nor_the_saved_bundle_holds_one(evidence: Path, tmp_path: Path, form: str) -> None:
    saved = tmp_path / "saved"
    run = gocrash("diagnose", evidence, "--save", saved, "--format", form)
    assert run.status == 0, run.err
    assert leaked(run.out) == leaked(run.err) == []
    assert {name: leaked(content) for name, content in contents(saved) if leaked(content)} == {}
    assert {"goroutine.txt", "goroutine.debug1.txt", "goroutine.pb.gz", "service.log"} <= {name for name, _ in contents(saved)}
    assert "secrets masked" in run.err
    if form == "json":
        assert json.loads(run.out)["masked"] >= 3
        again = gocrash("diagnose", saved, "--format", "json")
        assert [finding["playbook"] for finding in json.loads(again.out)["findings"]] == [
            finding["playbook"] for finding in json.loads(run.out)["findings"]
        ]


def test_the_bot_stores_and_posts_none(evidence: Path, tmp_path: Path) -> None:
    answers = {
        "/debug/pprof/goroutine": http_answer(profile()),
        "/debug/pprof/goroutine?debug=2": http_answer(FULL.encode()),
    }
    missing = http_answer(b"", status="404 Not Found")
    server = Misbehaving(lambda connection, request: connection.sendall(answers.get(request.split(b" ")[1].decode(), missing)))
    service = Service(targets=(server.url,), logs=(LogSource(str(evidence / "service.log")),))
    data = tmp_path / "data"
    try:
        with bench(Config(services={"checkout": service}, defaults=Defaults(interval=Duration(0))), data) as bot:
            bot.slack.command("maya", "checkout", "/gocrash checkout")
            bot.settle()
            messages = str(bot.answers("checkout"))
            (incident,) = bot.store.incidents.list_incidents()
            pieces = bot.store.evidence.of_incident(incident.number)
    finally:
        server.close()
    assert leaked(messages) == []
    assert "secrets masked" in messages
    assert sum(piece.masked for piece in pieces) >= 4
    assert {name: leaked(content) for name, content in contents(data) if leaked(content)} == {}
