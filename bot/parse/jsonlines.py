r"""Log records in JSON: one line enters, the text inside leaves.

>>> unwrap_docker('{"log":"panic: boom\\n","stream":"stderr","time":"2026-11-20T23:03:37Z"}').text
'panic: boom\n'
>>> unwrap_message('{"level":"error","ts":1763679817.5,"msg":"cannot bind"}').text
'cannot bind'
>>> expand_json(r'{"msg":"recovered","stack":"goroutine 7 [running]:\nmain.f()\n\t/src/f.go:3 +0x1d"}').split("\n")
['recovered', 'goroutine 7 [running]:', 'main.f()', '\t/src/f.go:3 +0x1d']
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

_MESSAGE_FIELDS: Final = ("log", "message", "msg", "MESSAGE", "textPayload", "Message", "@message", "text", "line", "body")
TIME_FIELDS: Final = ("time", "timestamp", "ts", "@timestamp", "date", "t", "__REALTIME_TIMESTAMP", "datetime")
_SOURCE_FIELDS: Final = ("stream", "pod", "container", "instance", "_PID", "hostname", "host")
_GOROUTINE = re.compile(r"goroutine \d+ (?:gp=[^\[\n]{1,80})?\[")
_ESCAPED_GOROUTINE = re.compile(r"goroutine \d+ (?:gp=\S+ m=\S+ (?:mp=\S+ )?)?\[[^\]\\]{1,80}\](?: \{.*\})?:\\n")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_ESCAPED: Final = {"n": "\n", "t": "\t", "r": ""}
_MAX_DEPTH: Final = 4


class Record(NamedTuple):
    """What a JSON log record holds: its text, its writer, its time as text; `partial` when the next record continues it."""

    text: str
    source: str = ""
    stamp: str = ""
    partial: bool = False


def load_object(line: str) -> dict[str, Any] | None:
    """Decode a line that is one JSON object, Cloud Logging's `jsonPayload` taken for a part of it; None when it is not."""
    if line[:1] != "{" or line.rstrip()[-1:] != "}":
        return None
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    payload = value.get("jsonPayload")
    return value | payload if isinstance(payload, dict) else value


def unwrap_docker(line: str) -> Record | None:
    """Read a record of Docker's json-file driver; a `log` without a line end is continued by the next record."""
    record = load_object(line) if '"log":' in line else None
    if record is None or not isinstance(record.get("log"), str) or not {"stream", "time"} & record.keys():
        return None
    text = record["log"]
    return Record(text, str(record.get("stream", "")), str(record.get("time", "")), partial=not text.endswith("\n"))


def unwrap_journal(line: str) -> Record | None:
    """Read a record of `journalctl -o json`; its writer is named as in the journal's text, `checkout[812]`."""
    record = load_object(line) if '"__REALTIME_TIMESTAMP"' in line else None
    if record is None or not isinstance(record.get("MESSAGE"), str):
        return None
    writer, pid = record.get("SYSLOG_IDENTIFIER") or record.get("_COMM") or "", record.get("_PID")
    return Record(record["MESSAGE"], f"{writer}[{pid}]" if pid else str(writer), f"time={record.get('__REALTIME_TIMESTAMP')}")


def unwrap_message(line: str) -> Record | None:
    """Read a structured log record, or one line of a log store's export, by its message field."""
    record = load_object(line)
    text = next((record[name] for name in _MESSAGE_FIELDS if isinstance(record.get(name), str)), None) if record else None
    if record is None or text is None:
        return None
    stamp = next((f"time={record[name]}" for name in TIME_FIELDS if isinstance(record.get(name), str | int | float)), "")
    source = next((str(record[name]) for name in _SOURCE_FIELDS if isinstance(record.get(name), str | int)), "")
    return Record(text.rstrip("\n"), source, stamp)


def expand_json(line: str) -> str | None:
    """Return the message and the goroutine text inside a JSON record; None when none of its strings holds one."""
    record = load_object(line)
    if record is None:
        return None
    stacks = [text for text in _strings(record, 0) if _GOROUTINE.search(text)]
    if not stacks:
        return None
    said = [str(record[name]) for name in (*_MESSAGE_FIELDS, "error", "err", "panic") if isinstance(record.get(name), str)]
    return "\n".join([*(text for text in dict.fromkeys(said) if text not in stacks), *dict.fromkeys(stacks)])


def _strings(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < _MAX_DEPTH and isinstance(value, dict):
        for item in value.values():
            yield from _strings(item, depth + 1)
    elif depth < _MAX_DEPTH and isinstance(value, list):
        for item in value:
            yield from _strings(item, depth + 1)


def expand_escapes(text: str) -> list[str]:
    r"""Split a text into its lines; line ends written as `\n` count where a goroutine's header stands before one.

    >>> expand_escapes(r'level=error stack="goroutine 7 [running]:\nmain.f()\n\t/src/f.go:3 +0x1d"')
    ['level=error stack="', 'goroutine 7 [running]:', 'main.f()', '\t/src/f.go:3 +0x1d']
    """
    if (match := _ESCAPED_GOROUTINE.search(text)) is None:
        return text.split("\n")
    before, trace = text[: match.start()], text[match.start() :]
    return [*before.replace("\\n", "\n").split("\n"), *unescape(trace).rstrip('"}').split("\n")]


def unescape(text: str) -> str:
    r"""Undo the escapes of a quoted string.

    >>> unescape(r'\t/src/f.go:3 \"\u003cnil\u003e\"')
    '\t/src/f.go:3 "<nil>"'
    """
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else _ESCAPED.get(found[2], found[2]), text)
