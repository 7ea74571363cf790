"""What log collectors, terminals and chats make of the text of a crash: its lines enter, the lines that arrive leave.

`WRAPPINGS` holds, by name, what the reader should call the transport, and how it changes the lines.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
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


def at(number: int) -> str:
    """The time of a line, in UTC: two lines a millisecond."""
    return f"2026-11-20T23:03:{37 + number // 2000:02d}.{number // 2 % 1000:03d}Z"


def nanoseconds(number: int) -> str:
    return str(1_795_215_817_000_000_000 + number * 500_000)


def cloud_logging(lines: Lines) -> list[dict[str, str]]:
    """Entries as Cloud Logging gives them: newest first, and no zeros at the end of a time."""
    entries = [{"insertId": f"{number}", "textPayload": line, "timestamp": at(number)} for number, line in enumerate(lines)]
    return [entry | {"timestamp": entry["timestamp"].replace(".000Z", "Z")} for entry in reversed(entries)]


def json_payloads(lines: Lines) -> Lines:
    entries = [{"jsonPayload": {"message": line, "pid": 7}, "timestamp": at(number)} for number, line in enumerate(lines)]
    return json.dumps(entries[::-1], indent=2).split("\n")


def loki(lines: Lines, *, step: int = 1, sort_keys: bool = False) -> Lines:
    values = [[nanoseconds(number), line] for number, line in enumerate(lines)][::step]
    result = [{"stream": {"app": "shop"}, "values": values}]
    answer = {"status": "success", "data": {"resultType": "streams", "encodingFlags": [], "result": result, "stats": {}}}
    return [json.dumps(answer, sort_keys=sort_keys)]


def insights(lines: Lines) -> Lines:
    """CloudWatch Logs Insights: newest first, a column for each field asked for."""
    rows = [[at(number).replace("T", " ")[:-1], line, "shop/7"] for number, line in enumerate(lines)]
    return table(["@timestamp", "@message", "@logStream"], rows[::-1])


def console(lines: Lines) -> Lines:
    return table(["timestamp", "message"], [[nanoseconds(number)[:-6], line + "\n"] for number, line in enumerate(lines)])


def table(columns: list[str], rows: list[list[str]]) -> Lines:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([columns, *rows])
    return out.getvalue().split("\n")


def logfmt(line: str) -> str:
    quoted = line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    said = f'"{quoted}"' if set(line) & set(' ="\t') else line
    return f"time={TIME} level=error msg={said} service=shop"


ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "UTF-16": lambda text: text.decode().encode("utf-16"),
    "UTF-16, high byte first": lambda text: b"\xfe\xff" + text.decode().encode("utf-16-be"),
    "UTF-16 without a mark": lambda text: text.decode().encode("utf-16-le"),
    "UTF-16 without a mark, high byte first": lambda text: text.decode().encode("utf-16-be"),
    "UTF-8 with a mark": lambda text: b"\xef\xbb\xbf" + text,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "UTF-16 in gzip": lambda text: gzip.compress(text.decode().encode("utf-16")),
}
"""What becomes of the bytes of a file, by name."""

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
    "cloud logging": ("docker-json", lambda lines: [json.dumps(cloud_logging(lines))]),
    "cloud logging, indented": ("docker-json", lambda lines: json.dumps(cloud_logging(lines), indent=2).split("\n")),
    "cloud logging of records": ("docker-json+json", json_payloads),
    "cloud logging, line by line": ("json", lambda lines: [json.dumps(entry) for entry in cloud_logging(lines)[::-1]]),
    "array of records": ("json", lambda lines: ["[" + ",".join(record(line) for line in lines) + "]"]),
    "loki": ("docker-json", loki),
    "loki, newest first": ("docker-json", lambda lines: loki(lines, step=-1)),
    "loki, keys sorted": ("docker-json", lambda lines: loki(lines, sort_keys=True)),
    "loki of cri": ("docker-json+cri", lambda lines: loki([f"{TIME} stderr F {line}" for line in lines])),
    "cloudwatch insights": ("docker-json", insights),
    "cloudwatch console": ("docker-json", console),
    "logfmt": ("logfmt", each(lambda _, line: logfmt(line))),
    "newest first": ("plain", lambda lines: lines[::-1]),
}
