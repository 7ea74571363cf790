"""Ends of programs that leave no trace: what their parents say, and whom not to believe."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.logs import Crash
from bot.parse.log import parse_log

JOURNAL = "2026-11-20T14:02:11+0000 node-4 "
WORDS = "2026/11/20 14:02:11 ledger: no lease"
PANIC = ["panic: boom", "", "goroutine 1 [running]:", "main.main()", "\t/src/main.go:4 +0x1d"]


def crashes(*lines: str) -> tuple[Crash, ...]:
    return parse_log(io.BytesIO("\n".join(lines).encode() + b"\n")).crashes


def ends(*lines: str) -> list[tuple[int | None, str, str]]:
    return [(crash.exit_code, crash.signal, crash.root_message) for crash in crashes(*lines) if crash.kind == "exit"]


def journal(*lines: str) -> list[str]:
    """Return lines of a journal: of systemd where they say a unit's name, else of the service."""
    return [f"{JOURNAL}{'systemd[1]' if 'checkout.service' in line else 'checkout[812]'}: {line}" for line in lines]


def unit(how: str) -> str:
    return f"checkout.service: Main process exited, {how}"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("exit status 1", (1, "")),
        ("exit status 2", (2, "")),
        ("signal: killed", (None, "SIGKILL")),
        ("signal: aborted (core dumped)", (None, "SIGABRT")),
        ("signal: segmentation fault", (None, "SIGSEGV")),
    ],
)
def test_go_run_tells_below_the_last_words(line: str, found: tuple[int | None, str]) -> None:
    assert ends(WORDS, line) == [(*found, "ledger: no lease")]
    assert ends(WORDS, line, "make: *** [Makefile:7: run] Error 1", "") == [(*found, "ledger: no lease")]


@pytest.mark.parametrize(
    "lines",
    [
        ["exit status 0"],
        ["exit status 1", "FAIL\texample.com/shop/cart\t0.004s"],
        ["--- FAIL: TestTotal (0.00s)", "FAIL", "exit status 1"],
        ["exit status 1", "2026/11/20 14:02:12 listening"],
        ["2026/11/20 14:02:11 backup: exit status 1"],
        ['{"level":"error","msg":"exit status 1"}'],
        ["  exit status 1"],
        ["signal: strength is low"],
        ["signal: 5"],
    ],
)
def test_what_only_looks_like_it(lines: list[str]) -> None:
    assert ends(WORDS, *lines) == []


@pytest.mark.parametrize(
    ("how", "found"),
    [
        ("code=exited, status=1/FAILURE", (1, "")),
        ("code=exited, status=2/INVALIDARGUMENT", (2, "")),
        ("code=exited, status=143/n/a", (143, "SIGTERM")),
        ("code=killed, status=9/KILL", (None, "SIGKILL")),
        ("code=dumped, status=6/ABRT", (None, "SIGABRT")),
    ],
)
def test_systemd_tells(how: str, found: tuple[int | None, str]) -> None:
    (crash,) = crashes(*journal(WORDS, unit(how), "checkout.service: Failed with result 'exit-code'."))
    assert (crash.kind, crash.exit_code, crash.signal) == ("exit", *found)
    assert crash.message == unit(how)
    assert crash.root_message == "ledger: no lease"
    assert crash.excerpt == f"{WORDS}\n{unit(how)}"
    assert crash.locator == "line 2"
    assert crash.occurred_at is not None
    assert ends(*journal(WORDS, unit(how).replace("Main", "main"))) == [(*found, "ledger: no lease")]


def test_a_unit_that_was_told_to_stop_did_not_end_by_itself() -> None:
    stop, end = "Stopping checkout.service - Checkout...", unit("code=exited, status=1/FAILURE")
    assert ends(*journal(WORDS, stop, "bye", end)) == []
    assert len(ends(*journal(WORDS, stop, "bye", end, "Started checkout.service - Checkout.", WORDS, end))) == 1


def test_in_the_journal_of_a_whole_machine_nobody_is_believed() -> None:
    others = [f"{JOURNAL}sshd[99]: Accepted publickey", f"{JOURNAL}CRON[4]: session opened", f"{JOURNAL}kernel: eth0: up"]
    assert ends(*others, *journal(WORDS, unit("code=exited, status=1/FAILURE"))) == []
    assert len(ends(others[2], *journal(WORDS, unit("code=exited, status=1/FAILURE")))) == 1


def test_compose_tells_of_the_one_container_that_writes() -> None:
    said = f"web-1  | {WORDS}"
    assert ends(said, said, "web-1 exited with code 1") == [(1, "", "ledger: no lease")]
    assert ends(said, said, "shop-web-1 exited with code 137 (restarting)") == [(137, "SIGKILL", "ledger: no lease")]
    assert ends(said, said, "web-1 exited with code 0") == []
    assert ends(said, said, "db-1 exited with code 1") == []
    assert ends(said, "db-1   | ready", said, "web-1 exited with code 1") == []
    assert ends(said, said, "Gracefully stopping... (press Ctrl+C again to force)", "web-1 exited with code 137") == []
    assert ends(WORDS, "worker exited with code 1") == []


def test_supervisord_tells_of_its_one_program() -> None:
    started = "2026-11-20 14:02:10,118 INFO spawned: 'checkout' with pid 12"
    ended = "2026-11-20 14:02:11,123 {} exited: checkout ({}; {})"
    assert ends(started, WORDS, ended.format("WARN", "exit status 1", "not expected")) == [(1, "", "ledger: no lease")]
    assert ends(started, WORDS, ended.format("INFO", "exit status 1", "not expected")) == [(1, "", "ledger: no lease")]
    assert ends(started, WORDS, ended.format("WARN", "terminated by SIGKILL", "not expected"))[0][1] == "SIGKILL"
    assert ends(started, WORDS, ended.format("INFO", "exit status 0", "expected")) == []
    other = started.replace("checkout", "cart")
    assert ends(other, started, WORDS, ended.format("WARN", "exit status 1", "not expected")) == []


def test_the_end_of_a_process_that_left_a_trace_is_told_by_the_trace_alone() -> None:
    assert [crash.kind for crash in crashes(*PANIC, "exit status 2")] == ["panic"]
    assert [crash.kind for crash in crashes(*journal(*PANIC, unit("code=exited, status=2/INVALIDARGUMENT")))] == ["panic"]
    compose = [f"web-1  | {line}" for line in (*PANIC, "exit status 2")]
    assert [crash.kind for crash in crashes(*compose, "web-1 exited with code 1")] == ["panic"]


def test_another_life_beneath_a_trace_has_an_end_of_its_own() -> None:
    alive = [f"2026/11/20 14:02:1{number} working" for number in range(8)]
    assert [crash.kind for crash in crashes(*PANIC, "exit status 2", *alive, WORDS, "exit status 1")] == ["panic", "exit"]


def test_a_request_that_panicked_did_not_end_the_process() -> None:
    served = ["2026/11/20 14:02:10 http: panic serving 10.0.0.7:4711: boom", *PANIC[2:]]
    assert [crash.kind for crash in crashes(*served, WORDS, "exit status 1")] == ["http-panic", "exit"]


def test_one_death_told_twice_is_one() -> None:
    said = f"web-1  | {WORDS}"
    assert ends(said, said, "web-1  | exit status 1", "web-1 exited with code 1") == [(1, "", "ledger: no lease")]


def test_ends_far_apart_and_beyond_a_block_are_counted_each() -> None:
    lives = journal(
        *[line for _ in range(3) for line in (*["2026/11/20 14:02:11 busy"] * 9_000, WORDS, unit("code=exited, status=1/F"))]
    )
    assert ends(*lives) == [(1, "", "ledger: no lease")] * 3


@given(
    st.lists(
        st.sampled_from(
            ["exit status 1", "signal: killed", "web-1 exited with code 3", "", " ", unit("code=exited, status=1/F"), "x"]
        )
    )
)
def test_any_order_of_such_lines_is_read(lines: list[str]) -> None:
    assert len(crashes(*lines)) <= len(lines)
