from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.model.logs import LogReading
from bot.parse.lines import Line
from bot.parse.log import parse_log
from bot.parse.transports import detect, tidy

RECORDED = Path(__file__).parents[1] / "goservices" / "recorded"
LOGS = ("go1.27/deadlock", "go1.21/crash-map", "go1.27/crash-nil", "go1.24/stack-overflow", "go1.27/oom")
TIME = "2026-11-20T23:03:37.123456789Z"

Lines = list[str]


def each(change: Callable[[int, str], str]) -> Callable[[Lines], Lines]:
    return lambda lines: [change(number, line) for number, line in enumerate(lines)]


def cri_partial(lines: Lines) -> Lines:
    wrapped = []
    for line in lines:
        half = len(line) // 2
        if half:
            wrapped.append(f"{TIME} stderr P {line[:half]}")
        wrapped.append(f"{TIME} stderr F {line[half:]}")
    return wrapped


def docker(text: str) -> str:
    return json.dumps({"log": text + "\n", "stream": "stderr", "time": TIME})


def record(text: str) -> str:
    return json.dumps({"level": "error", "time": TIME, "msg": text})


def escaped(lines: Lines) -> Lines:
    return ['2026/11/20 23:03:37 level=error out="' + "\\n".join(lines).replace("\t", "\\t") + '"']


def stack_field(lines: Lines) -> Lines:
    start = next(index for index, line in enumerate(lines) if line.startswith("goroutine "))
    message = [line for line in lines[:start] if line.startswith(("panic", "fatal error", "[signal"))]
    return [json.dumps({"level": "fatal", "time": TIME, "msg": "\n".join(message), "stack": "\n".join(lines[start:])})]


def hard_wrapped(lines: Lines) -> Lines:
    return [piece for line in lines for piece in ([line[at : at + 80] for at in range(0, len(line), 80)] or [""])]


def interleaved(lines: Lines) -> Lines:
    noise = '2026/11/20 23:03:38 level=info msg="handled" n=%d'
    return [text for number, line in enumerate(lines) for text in ([line] if number % 5 else [line, noise % number])]


def glued(lines: Lines) -> Lines:
    header = next(index for index, line in enumerate(lines) if line.startswith("goroutine "))
    before = max(index for index in range(header) if lines[index])
    return [*lines[:before], lines[before] + lines[header], *lines[header + 1 :]]


WRAPPINGS: dict[str, tuple[str, Callable[[Lines], Lines]]] = {
    "nothing": ("plain", each(lambda _, line: line)),
    "crlf": ("plain", each(lambda _, line: line + "\r")),
    "cri": ("cri", each(lambda _, line: f"{TIME} stderr F {line}")),
    "cri in halves": ("cri", cri_partial),
    "docker": ("docker-json", each(lambda _, line: docker(line))),
    "compose 2": ("compose", each(lambda _, line: f"shop-web-1  | {line}".rstrip())),
    "compose 1": ("compose", each(lambda _, line: f"web_1  | {line}")),
    "compose in colour": ("compose", each(lambda _, line: f"\x1b[36mshop-web-1  |\x1b[0m {line}")),
    "syslog": ("syslog", each(lambda _, line: f"Nov 20 23:03:37 host1 shop[123]: {line}".rstrip())),
    "syslog 5424": ("syslog", each(lambda _, line: f"<14>1 {TIME} host1 shop 123 - - {line}")),
    "journald": ("journald", each(lambda _, line: f"2026-11-20T23:03:37+0000 host1 shop[123]: {line}")),
    "kubectl": ("kubectl", each(lambda _, line: f"[pod/shop-7d9f-x2/shop] {line}")),
    "stern": ("prefix", each(lambda _, line: f"shop-7d9f8c-x2 shop {line}")),
    "android": ("android", each(lambda _, line: f"11-20 23:03:37.123  1234  1250 E Go      : {line}")),
    "android brief": ("android", each(lambda _, line: f"E/Go      ( 1234): {line}")),
    "bracketed dates": ("prefix", each(lambda number, line: f"[2026-11-20 23:03:{number % 60:02d}.{number % 1000:03d}] {line}")),
    "line numbers": ("prefix", each(lambda number, line: f"{number + 1:5d}  {line}")),
    "colours": ("plain", each(lambda _, line: f"\x1b[31m{line}\x1b[0m")),
    "fence": ("plain", lambda lines: ["it says", "```go", *lines, "```", "thanks"]),
    "details": ("plain", lambda lines: ["<details><summary>log</summary>", "", "```", *lines, "```", "</details>"]),
    "quote": ("prefix", each(lambda _, line: f"> {line}".rstrip())),
    "indented code": ("prefix", each(lambda _, line: f"    {line}")),
    "indented by a tab": ("prefix", each(lambda _, line: f"\t{line}")),
    "box": ("prefix", each(lambda _, line: f"│ {line:<150} │")),
    "one record per line": ("json", each(lambda _, line: record(line))),
    "all in one record": ("json", lambda lines: [record("\n".join(lines))]),
    "stack in its own field": ("json", stack_field),
    "one record in docker": ("docker-json+json", lambda lines: [docker(record("\n".join(lines)))]),
    "escaped in a text": ("plain", escaped),
    "never heard of": ("prefix", each(lambda number, line: f"<<app:{number * 7919 % 997}>> web@{number * 31 % 17} {line}")),
    "dated with words": (
        "prefix",
        each(lambda number, line: f"2026-11-20 23:03:37,{number % 1000:03d} INFO  [w{number % 3}] {line}"),
    ),
    "first line bare": ("compose", lambda lines: [lines[0], *(f"web-1  | {line}" for line in lines[1:])]),
    "spaces for tabs": ("plain", each(lambda _, line: line.replace("\t", "    "))),
    "hard spaces": ("plain", each(lambda _, line: line.replace("\t", "\xa0\xa0\xa0\xa0"))),
    "no indentation": ("plain", each(lambda _, line: line.strip())),
    "no blank lines": ("plain", lambda lines: [line for line in lines if line.strip()]),
    "double spaced": ("plain", lambda lines: [text for line in lines for text in (line, "")]),
    "log lines in between": ("plain", interleaved),
    "stars eaten": ("plain", each(lambda _, line: line.replace("(*", "("))),
    "caret M": ("plain", each(lambda _, line: line + "^M")),
    "entities": ("plain", each(lambda _, line: line.replace("<", "&lt;").replace(">", "&gt;"))),
    "hard wrapped": ("plain", hard_wrapped),
    "newest first": ("plain", lambda lines: lines[::-1]),
}


def essence(reading: LogReading) -> list[object]:
    return [
        (
            crash.kind,
            crash.message,
            crash.goroutine_id,
            [(frame.function, frame.line) for frame in crash.stack],
            crash.created_by and crash.created_by.function,
            crash.dump and (crash.dump.seen, crash.dump.parsed),
            crash.dump and sorted((group.state, group.count) for group in crash.dump.groups),
        )
        for crash in reading.crashes
    ]


def read(lines: Lines) -> LogReading:
    return parse_log(io.BytesIO("\n".join(lines).encode()))


@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize("name", WRAPPINGS)
def test_a_crash_is_the_same_however_it_was_transported(name: str, log: str) -> None:
    lines = (RECORDED / log / "service.log").read_text(encoding="utf-8").split("\n")
    transport, wrap = WRAPPINGS[name]

    reading = read(wrap(lines))

    assert essence(reading) == essence(read(lines))
    assert reading.transport == transport


@pytest.mark.parametrize("log", LOGS[:3])
def test_a_header_glued_to_the_line_before_is_found(log: str) -> None:
    lines = (RECORDED / log / "service.log").read_text(encoding="utf-8").split("\n")
    assert [crash.stack for crash in read(glued(lines)).crashes] == [crash.stack for crash in read(lines).crashes]


@pytest.mark.parametrize("log", LOGS[:2])
def test_two_writers_into_one_log_are_kept_apart(log: str) -> None:
    lines = (RECORDED / log / "service.log").read_text(encoding="utf-8").split("\n")
    both = [text for line in lines for text in (f"web-1  | {line}", f"web-2  | {line}")]
    assert essence(read(both)) == essence(read(lines)) * 2


def test_the_prefix_gives_the_time() -> None:
    crash = read([f"{TIME} stderr F panic: boom", f"{TIME} stderr F "]).crashes[0]
    assert crash.occurred_at is not None
    assert crash.occurred_at.isoformat() == "2026-11-20T23:03:37.123456+00:00"


def test_docker_records_without_line_end_are_halves() -> None:
    half = json.dumps({"log": "panic: bo", "stream": "stderr", "time": TIME})
    assert read([half, docker("om"), docker("")]).crashes[0].message == "boom"


def test_one_line_is_no_reason_to_see_a_prefix() -> None:
    assert detect(["just some words"]).name == "plain"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("\x1b[1;31mpanic: boom\x1b[0m", "panic: boom"),
        ("main.(Cart).Add(...)", "main.(*Cart).Add(...)"),
        ("```text", ""),
        ("\t/src/a.go:1 +0x1  ", "\t/src/a.go:1 +0x1"),
        ("a &lt;nil&gt; &amp; b", "a <nil> & b"),
    ],
)
def test_tidy(raw: str, clean: str) -> None:
    assert tidy(raw) == clean


def test_lines_keep_their_numbers() -> None:
    lines = detect(["web-1  | a", "web-1  | b"]).clean([b"web-1  | a", b"web-1  | b"], first=41)
    assert lines == [Line(41, "a", "web-1", "web-1  | "), Line(42, "b", "web-1", "web-1  | ")]
