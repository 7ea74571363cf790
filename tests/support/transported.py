"""What log collectors, terminals and chats make of the text of a crash: its lines enter, the lines that arrive leave.

`WRAPPINGS` holds, by name, what the reader should call the transport, and how it changes the lines.
"""

from __future__ import annotations

import json
from collections.abc import Callable

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
