"""No secret gets out: not into an answer, not into a saved bundle, not into what the bot stores or posts."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import structlog
from bench import bench
from cli import gocrash
from misbehaving import Misbehaving, http_answer
from recorder import renamed

from bot.config import Config, Defaults, LogSource, Service, SlackSettings
from bot.model.units import Duration
from bot.redact import Redactor
from bot.telemetry import configure_logging

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
{"level":"error","msg":"login \\"maya.lind@example.org\\" password=\\"pa55w0rdXYZ\\"\\n","token":"tok3nInAProfile"}
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


def test_what_people_and_alerts_say_is_not_kept_with_the_secrets_in_it(evidence: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    config = Config(
        services={"checkout": Service(replay=str(evidence), channel="C0CHECKOUT")},
        slack=SlackSettings(crash_logs=("C0CHECKOUT",)),
    )
    with bench(config, data) as bot:
        bot.slack.say("maya", "checkout", f"checkout again:\n```{LOG}```")
        bot.slack.command("maya", "checkout", "/gocrash note checkout password=pa55w0rdXYZ, ask maya.lind@example.org")
        alert = {
            "service": "checkout",
            "title": "log in failed: password=pa55w0rdXYZ",
            "text": 'postgres://shop:hunter2secret@db {"Authorization":["Bearer abcdef0123456789abcdef"]}',
        }
        assert httpx.post(f"{bot.url}/alerts/generic", json=alert).is_success
        bot.settle()
        messages = str(bot.answers("checkout"))
        assert bot.store.incidents.list_incidents()
    assert leaked(messages) == []
    assert {name: leaked(content) for name, content in contents(data) if leaked(content)} == {}


def test_a_file_name_and_the_words_of_a_refusal_are_evidence_too(evidence: Path, tmp_path: Path) -> None:
    named = evidence / "maya.lind@example.org token=tok3nInAProfile.log"
    named.write_text(LOG)
    server = Misbehaving(
        lambda connection, _request: connection.sendall(
            http_answer(b"no: password=pa55w0rdXYZ", status="500 Internal Server Error")
        )
    )
    try:
        for form in ("text", "json", "markdown", "html"):
            run = gocrash("diagnose", named, "--format", form, "--save", tmp_path / "named")
            assert leaked(run.out) == leaked(run.err) == []
            url = server.url.replace("//", "//shop:hunter2secret@") + "/?token=tok3nInAProfile"
            run = gocrash("diagnose", url, "--format", form, "--save", tmp_path / "refused")
            assert leaked(run.out) == leaked(run.err) == []
    finally:
        server.close()
    for saved in ("named", "refused"):
        assert {name: leaked(content) for name, content in contents(tmp_path / saved) if leaked(content) or leaked(name)} == {}


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_fact_tables_hold_none(evidence: Path, form: str) -> None:
    run = gocrash("facts", evidence, "--format", form)
    assert (run.status, leaked(run.out), leaked(run.err)) == (0, [], [])


@pytest.mark.parametrize("as_json", [True, False])
def test_the_log_of_the_bot_holds_none_not_even_in_a_traceback(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: FBT001
    handlers, level = logging.root.handlers[:], logging.root.level
    try:
        configure_logging(json=as_json, mask=Redactor(["shop-[0-9]+"]).line)
        try:
            dict[str, str]()[LOG]
        except KeyError:
            structlog.get_logger("bot").exception(
                "failed", reason="password=pa55w0rdXYZ", url="http://shop:hunter2secret@db/", order="shop-7"
            )
        logging.getLogger("other").warning("sent Bearer %s", "abcdef0123456789abcdef")
        written = capsys.readouterr().err
    finally:
        logging.root.handlers[:], logging.root.level = handlers, level
        structlog.reset_defaults()
    assert leaked(written) == []
    assert "shop-7" not in written
    assert written.count("[masked]") >= 6
    if as_json:
        assert [json.loads(line)["level"] for line in written.splitlines()] == ["error", "warning"]
