"""`gocrash diagnose` as people run it: a process of its own, real evidence, the contract's exit statuses."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cli import gocrash
from shop import ShopRunner

RECORDED = Path(__file__).parents[1] / "goservices" / "recorded" / "go1.27"
NIL_LOG = RECORDED / "crash-nil" / "service.log"
LEAK = RECORDED / "leak-chan-send"


def diagnose_json(*arguments: str | Path, stdin: bytes = b"") -> dict[str, Any]:
    run = gocrash("diagnose", *arguments, "--format", "json", stdin=stdin)
    assert run.status == 0, run.err
    found: dict[str, Any] = json.loads(run.out)
    return found


def test_the_first_line_is_the_answer() -> None:
    run = gocrash("diagnose", NIL_LOG)
    assert run.status == 0
    first = run.out.splitlines()[0]
    assert first == "CRITICAL  nil pointer dereference in orders.(*Reconciler).discount (reconcile.go:39) killed the process"
    assert "Next steps" in run.out
    assert "Mitigation" in run.out
    assert run.err == ""


def test_a_live_server_is_diagnosed_by_its_address(run_shop: ShopRunner) -> None:
    shop = run_shop("leak-chan-send", count=300)
    answer = diagnose_json(shop.url, "--interval", "0")
    (finding,) = answer["findings"]
    assert finding["playbook"] == "goroutine-leak-channel-send"
    assert finding["culprit"]["function"] == "example.com/shop/pricing.(*Pool).fetch"
    assert finding["summary"].startswith("300 goroutines")
    assert answer["dump"]["seen"] == answer["dump"]["parsed"]
    assert set(answer["targets"][0]["collected"]) >= {"goroutine", "goroutineleak", "heap", "metrics"}
    assert 0 < answer["targets"][0]["frozen_seconds"] < 0.25


@pytest.mark.parametrize(
    ("failure", "playbook"),
    [
        ("lock-convoy", "lock-contention"),
        ("lock-cycle", "partial-deadlock"),
        ("leak-chan-receive", "goroutine-leak-channel-receive"),
    ],
)
def test_other_live_failures_are_named(run_shop: ShopRunner, failure: str, playbook: str) -> None:
    answer = diagnose_json(run_shop(failure, count=150).url, "--interval", "0")
    assert answer["findings"][0]["playbook"] == playbook


def test_a_healthy_server_under_two_samples_gets_no_finding(run_shop: ShopRunner) -> None:
    answer = diagnose_json(run_shop("healthy").url, "--interval", "0.5")
    assert answer["findings"] == []
    assert answer["verdict"].startswith("nothing wrong found in goroutine")


def test_a_healthy_server_under_load_gets_no_finding(run_shop: ShopRunner, shop_binary: Path) -> None:
    shop = run_shop("healthy")
    command = [str(shop_binary), "load", f"--url={shop.url}", "--requests=200000", "--concurrency=8"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as load:
        answer = diagnose_json(shop.url, "--interval", "2")
        assert load.poll() is None, "the load ended before the look did"
        load.terminate()
    assert answer["findings"] == []
    assert answer["dump"]["seen"] == answer["dump"]["parsed"]


def test_growth_of_the_heap_shows_in_the_second_sample(run_shop: ShopRunner) -> None:
    shop = run_shop("heap-map", count=400)
    answer = diagnose_json(shop.url, "--interval", "4")
    assert "heap-growth" in [finding["playbook"] for finding in answer["findings"]]


def test_standard_input_and_a_file_give_the_same_finding() -> None:
    from_file, from_stdin = diagnose_json(NIL_LOG), diagnose_json("-", stdin=NIL_LOG.read_bytes())
    for answer in (from_file, from_stdin):
        for finding in answer["findings"]:
            finding.pop("evidence")
            finding.pop("instances")
    assert from_file["findings"] == from_stdin["findings"]


def test_several_files_are_one_service() -> None:
    answer = diagnose_json(LEAK / "goroutine.pb.gz", LEAK / "goroutineleak.txt", "--service", "checkout")
    assert answer["service"] == "checkout"
    assert [finding["confidence"] for finding in answer["findings"]] == ["certain"]


def test_a_bundle_is_saved_and_read_back(tmp_path: Path) -> None:
    run = gocrash("diagnose", LEAK, "--save", tmp_path / "kept")
    assert run.status == 0
    first, again = diagnose_json(LEAK), diagnose_json(tmp_path / "kept")
    assert first["findings"] == again["findings"]


def test_the_answer_stands_although_the_bundle_cannot_be_saved(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    run = gocrash("diagnose", NIL_LOG, "--save", tmp_path / "file" / "kept")
    assert run.status == 2
    assert run.out.startswith("CRITICAL  nil pointer dereference")
    assert run.err.startswith("gocrash: cannot write ")


def test_a_file_that_is_missing_is_no_instance(tmp_path: Path) -> None:
    answer = diagnose_json(NIL_LOG, tmp_path / "nosuch", "--service", "checkout")
    assert [target["instance"] for target in answer["targets"]] == ["service.log", "checkout"], "the last is the whole service"
    (failure,) = answer["targets"][1]["failures"]
    assert failure["reason"].endswith("nosuch: No such file or directory")
    assert "on 1 of 2" not in gocrash("diagnose", NIL_LOG, tmp_path / "nosuch").out


def test_secrets_are_masked_in_what_is_saved_and_printed(tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    log.write_bytes(
        b"2026/11/20 23:03:37 http: panic serving 127.0.0.1:46984: login failed: password=hunter2secret\n"
        b"goroutine 5 [running]:\nnet/http.(*conn).serve.func1()\n\t/go/net/http/server.go:1959 +0xbb\n"
        b"panic({0xa63bf8?, 0xaef480?})\n\t/go/runtime/panic.go:859 +0x125\nmain.login()\n\t/src/main.go:7 +0x1b\n"
    )
    run = gocrash("diagnose", log, "--save", tmp_path / "kept")
    saved = "".join(path.read_text(errors="replace") for path in (tmp_path / "kept").rglob("*") if path.is_file())
    assert "hunter2secret" not in run.out + run.err + saved
    assert "[masked]" in run.out


@pytest.mark.parametrize(
    ("form", "expected"), [("markdown", "# "), ("html", "<!doctype html>"), ("text", "CRITICAL"), ("json", '"schema_version": 1')]
)
def test_every_format(form: str, expected: str) -> None:
    assert expected in gocrash("diagnose", NIL_LOG, "--format", form).out


@pytest.mark.parametrize(("level", "status"), [("critical", 1), ("low", 1), (None, 0)])
def test_fail_on(level: str | None, status: int) -> None:
    assert gocrash("diagnose", NIL_LOG, *(("--fail-on", level) if level else ())).status == status


def test_fail_on_lets_lesser_findings_pass() -> None:
    assert gocrash("diagnose", LEAK, "--fail-on", "critical").status == 0


def test_a_text_without_any_go_has_no_finding(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear sir,\nthe panic of 1907 was not a Go panic.\n")
    run = gocrash("diagnose", tmp_path / "letter.txt")
    assert run.status == 0
    assert run.out.startswith("nothing wrong found")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\x7fELF\x02\x01\x01" + bytes(500), "binary file"),
        (b"\x1f\x8b\x08broken", "compressed data is damaged"),
    ],
)
def test_files_that_cannot_be_read_are_one_line_each(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "given").write_bytes(content)
    run = gocrash("diagnose", tmp_path / "given")
    assert run.status == 2
    assert run.out == ""
    assert said in run.err
    assert len(run.err.splitlines()) == 1


def test_one_bad_file_among_good_ones_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    run = gocrash("diagnose", NIL_LOG, tmp_path / "empty")
    assert run.status == 0
    assert run.out.startswith("CRITICAL")
    assert "is empty" in run.out


def test_nobody_answers() -> None:
    run = gocrash("diagnose", "http://127.0.0.1:9")
    assert run.status == 3
    assert "connection refused: nothing listens on 127.0.0.1:9" in run.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["diagnos"], "Did you mean `diagnose`?"),
        (["diagnose"], "Missing argument"),
        (["diagnose", "no-such-thing"], "there is no file `no-such-thing`"),
        (["diagnose", "x", "--format", "xml"], "is not one of"),
        (["diagnose", "-", "--since", "soon"], "write a length of time"),
        (["diagnose", "-", "--config", "/nonexistent.yaml"], "/nonexistent.yaml"),
    ],
)
def test_wrong_usage_is_said_in_a_sentence(arguments: list[str], said: str) -> None:
    run = gocrash(*arguments)
    assert run.status == 2
    assert said in run.err


def test_a_broken_configuration_names_every_problem(tmp_path: Path) -> None:
    config = tmp_path / "gocrash.yaml"
    config.write_text("services:\n  checkout: {target: [x]}\ndefalts: {}\n")
    run = gocrash("diagnose", "checkout", "--config", config)
    assert run.status == 2
    assert f"{config}:2: services.checkout.target: unknown key, did you mean `targets`?" in run.err
    assert f"{config}:3: defalts: unknown key, did you mean `defaults`?" in run.err


def test_a_dead_service_is_diagnosed_from_its_log(tmp_path: Path) -> None:
    config = tmp_path / "gocrash.yaml"
    config.write_text(f"services:\n  orders: {{targets: ['http://127.0.0.1:9'], logs: [{{file: '{NIL_LOG}'}}]}}\n")
    run = gocrash("diagnose", "orders", "--config", config)
    assert run.status == 0
    assert run.out.startswith("CRITICAL  nil pointer dereference")
    assert "connection refused" in run.out


def test_a_service_nobody_configured_is_answered_with_the_nearest(tmp_path: Path) -> None:
    config = tmp_path / "gocrash.yaml"
    config.write_text("services: {checkout: {targets: ['http://127.0.0.1:9']}}\n")
    run = gocrash("diagnose", "chekout", "--config", config)
    assert run.status == 2
    assert "did you mean `checkout`?" in run.err
