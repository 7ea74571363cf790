r"""One ordinary log line → its level, its message and the message folded, so that lines which differ in numbers only are equal.

>>> read_message('2026/11/20 23:03:37 level=error msg="accept tcp 10.0.0.4:8080: too many open files" retry=5ms')
Message(level='error', text='accept tcp 10.0.0.4:8080: too many open files')
>>> read_message('{"time":"2026-11-20T23:03:37Z","level":"WARN","msg":"slow","err":"dial tcp: timeout"}')
Message(level='warn', text='slow: dial tcp: timeout')
>>> read_message("E1120 23:03:37.123456       1 main.go:12] cannot bind")
Message(level='error', text='cannot bind')
>>> fold("order 4711 of 3f2a9b1c-77aa-4c1d-9e2f-aa11bb22cc33 at 0xc000123: 12.5ms")
'order # of # at #: #ms'
>>> fold_quoted('open "a.yaml": no such file')
'open "#": no such file'
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from bot.parse.jsonlines import load_object

_MESSAGE_FIELDS: Final = ("msg", "message", "log", "textPayload", "event", "@message", "MESSAGE", "text")
_ERROR_FIELDS: Final = ("error", "err", "exception", "cause", "reason")
_LEVEL_FIELDS: Final = ("level", "severity", "lvl", "levelname", "@level", "loglevel", "Level")

_LEVELS: Final = {
    "trace": "debug",
    "debug": "debug",
    "dbug": "debug",
    "dbg": "debug",
    "info": "info",
    "notice": "info",
    "information": "info",
    "inf": "info",
    "warn": "warn",
    "warning": "warn",
    "wrn": "warn",
    "error": "error",
    "err": "error",
    "eror": "error",
    "severe": "error",
    "fatal": "fatal",
    "ftl": "fatal",
    "panic": "fatal",
    "dpanic": "fatal",
    "crit": "fatal",
    "critical": "fatal",
    "alert": "fatal",
    "emerg": "fatal",
    "emergency": "fatal",
}
_KLOG_LEVELS: Final = {"I": "info", "W": "warn", "E": "error", "F": "fatal"}
_KLOG = re.compile(r"^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ [\w.-]+:\d+\] ")
_KLOG_MESSAGE = re.compile(r'^"((?:[^"\\]|\\.)*)"(?= |$)')
_KLOG_PAIR = re.compile(r' (\w+)="((?:[^"\\]|\\.)*)"')
_KLOG_FAILURES: Final = ("err", "error", "output", "containerMessage", "reason")
_KLOG_NAMES: Final = ("probeType", "pod", "containerName")
_TIME_PREFIX = re.compile(
    r"^\[?(?:\d{4}[-/]\d\d[-/]\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?\]?(?: ?[-|:])?\s+",
)
_CODE_PREFIX = re.compile(r"^[\w./-]+\.go:\d+:?\s+")
_LEVEL_PREFIX = re.compile(r"^[\[(<|]?([A-Za-z]{3,11})[\])>|]?(?:\[\d+\])?(?:\s*[:|-])?(?=\s)\s+")
_LEVEL_WORD = re.compile(r"\[(\w{3,11})\]|\b(ERROR|WARN(?:ING)?|INFO|DEBUG|FATAL|PANIC|CRITICAL|TRACE)\b")
_LEVEL_SEARCHED: Final = 100

_PAIR = re.compile(r'(?:^|\s)([A-Za-z_@][\w.@-]*)=("(?:[^"\\]|\\.)*"|\S*)')
_UUID_OR_HEX = re.compile(r"\b(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|0x[0-9a-fA-F]+)\b")
_MIXED = re.compile(r"\b(?=[0-9a-fA-F]*\d)(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{8,}\b|\b(?=\w*\d)[A-Za-z0-9]{16,}\b")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\'\s][^\']*\'(?![A-Za-z])|`[^`]*`')
_MAX_CHARACTERS: Final = 600


class Message(NamedTuple):
    """What a log line says, and how loudly; the level is empty when it does not say."""

    level: str
    text: str


def read_message(line: str) -> Message:
    """Read a log line of slog, zap, zerolog, logrus, klog or the standard logger; anything else is its own message."""
    if (record := load_object(line)) is not None:
        return _read_record(record, line)
    if klog := _KLOG.match(line):
        return Message(_KLOG_LEVELS[klog[1]], _read_structured(line[klog.end() :])[:_MAX_CHARACTERS])
    text = _TIME_PREFIX.sub("", line, count=1)
    if "=" in text:
        pairs = {name: value.strip('"') for name, value in _PAIR.findall(text)}
        if "msg" in pairs or "message" in pairs:
            return _read_record(pairs, line)
    text = _CODE_PREFIX.sub("", text, count=1)
    level = ""
    if (prefix := _LEVEL_PREFIX.match(text)) and prefix[1].lower() in _LEVELS and prefix[0].strip() != prefix[1].lower():
        level, text = _LEVELS[prefix[1].lower()], text[prefix.end() :]
    elif word := _LEVEL_WORD.search(text[:_LEVEL_SEARCHED]):
        level = _LEVELS.get((word[1] or word[2]).lower(), "")
    return Message(level, _CODE_PREFIX.sub("", text, count=1)[:_MAX_CHARACTERS])


def fold(text: str) -> str:
    """Replace what differs from line to line: numbers, hexadecimal words, UUIDs and long identifiers become `#`."""
    if not any(character.isdigit() for character in text):
        return text
    return _NUMBER.sub("#", _MIXED.sub("#", _UUID_OR_HEX.sub("#", text)))


def fold_quoted(text: str) -> str:
    """Replace quoted strings too; for messages that turn out to differ only in them."""
    return _QUOTED.sub(lambda match: f"{match[0][0]}#{match[0][-1]}", text)


def _read_structured(text: str) -> str:
    r"""Read what klog's `InfoS` and `ErrorS` print: a quoted message, and names with values. What failed and where stays.

    >>> _read_structured('"Probe failed" probeType="Liveness" pod="shop/checkout-x" podUID=9f output="said \\"no\\""')
    'Probe failed: said "no" (probeType Liveness, pod shop/checkout-x)'
    """
    message = _KLOG_MESSAGE.match(text)
    if message is None:
        return text
    pairs = dict(_KLOG_PAIR.findall(text[message.end() :]))
    failure = next((pairs[name] for name in _KLOG_FAILURES if pairs.get(name)), "")
    names = ", ".join(f"{name} {pairs[name]}" for name in _KLOG_NAMES if name in pairs)
    whole = message[1] + (f": {failure}" if failure else "") + (f" ({names})" if names else "")
    return whole.replace('\\"', '"')


def _read_record(record: dict[str, Any], line: str) -> Message:
    said = next((str(record[name]) for name in _MESSAGE_FIELDS if isinstance(record.get(name), str)), None)
    errors = (record.get(name) for name in _ERROR_FIELDS)
    failure = next((str(error.get("message", error) if isinstance(error, dict) else error) for error in errors if error), "")
    level = next((str(record[name]).lower() for name in _LEVEL_FIELDS if record.get(name)), "")
    if said is None:
        return Message(_LEVELS.get(level, ""), (failure or line)[:_MAX_CHARACTERS])
    text = f"{said}: {failure}" if failure and failure not in said else said
    return Message(_LEVELS.get(level, ""), text.strip()[:_MAX_CHARACTERS])
