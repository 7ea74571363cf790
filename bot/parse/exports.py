r"""Logs inside the documents that log systems give out: an export enters, its lines leave in the order of time.

Known are a JSON array of records (`gcloud logging read --format=json`, Grafana's download), Loki's answer to a range query
(https://grafana.com/docs/loki/latest/reference/loki-http-api/#query-logs-within-a-range-of-time) and CloudWatch's CSV. What a
process wrote leaves as the records of Docker's json-file driver, any other record as it is: both are known to the transports.

>>> import io
>>> export = io.BytesIO(b'''[{"textPayload": "goroutine 1 [running]:", "timestamp": "2026-11-20T14:02:11.2Z"},
...  {"textPayload": "panic: boom", "timestamp": "2026-11-20T14:02:11Z"}]''')
>>> for line in open_export(export).log:
...     print(line.decode().rstrip())
{"log": "panic: boom\n", "stream": "", "time": "2026-11-20T14:02:11+00:00"}
{"log": "goroutine 1 [running]:\n", "stream": "", "time": "2026-11-20T14:02:11.200000+00:00"}
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any, BinaryIO, Final, NamedTuple

from bot.parse.jsonlines import TIME_FIELDS
from bot.parse.timestamps import find_time

MAX_BYTES: Final = 64_000_000
"""An export is held whole, because its end may be what came first."""
_HEAD_BYTES: Final = 4_096
_BOM: Final = b"\xef\xbb\xbf"

_ARRAY = re.compile(r'\s*\[\s*(?=\{\s*")')
_LOKI = re.compile(
    r'\s*\{\s*(?:"status"\s*:\s*"success"\s*,\s*)?"data"\s*:\s*\{.{0,300}?"result"\s*:\s*\[\s*\{\s*"(?:stream|values)"\s*:',
    re.DOTALL,
)
"""How Loki's answer begins, as it comes or with its keys sorted; a matrix has `metric` for `stream`, and is no log."""
_VALUES = re.compile(r'"values"\s*:\s*\[\s*')
_NEXT = re.compile(r"\s*,?\s*")
_CSV_HEADER = re.compile(r'(?=(?:.*,)?"?@?timestamp\b)(?=(?:.*,)?"?@?message\b)"?@?\w+"?(?:,"?@?\w+"?)+\r?\n')


class Export(NamedTuple):
    """The log that a stream holds; `cut`: the export is longer than `MAX_BYTES`, and the rest of it was not read."""

    log: BinaryIO
    cut: bool = False


class _Entry(NamedTuple):
    """A line of JSON, when its record was written, and the part of the export that it stands in."""

    line: str
    at: datetime | None
    part: int = 0


def open_export(stream: BinaryIO) -> Export:
    """Return the log inside an export; any other text as it is. The stream must be able to go back to its start.

    An array or an answer that is cut off gives what stands before that.
    """
    head = stream.read(_HEAD_BYTES).removeprefix(_BOM).decode("utf-8", "replace")
    stream.seek(0)
    read = next((read for pattern, read in _FORMS if pattern.match(head)), None)
    if read is None:
        return Export(stream)
    text = stream.read(MAX_BYTES).removeprefix(_BOM).decode("utf-8", "replace")
    cut = bool(stream.read(1))
    lines = [
        entry.line for _, part in groupby(_readable(read(text)), lambda entry: entry.part) for entry in _in_order(list(part))
    ]
    if not lines:
        stream.seek(0)
        return Export(stream)
    return Export(io.BytesIO("\n".join(lines).encode()), cut)


def _readable(entries: Iterator[_Entry]) -> Iterator[_Entry]:
    """Yield entries up to the end, or to where the export is cut off, is no JSON, or has a field longer than any message."""
    try:
        yield from entries
    except (ValueError, RecursionError, csv.Error):
        return


def _in_order(entries: list[_Entry]) -> list[_Entry]:
    """Put entries in the order of time; those of one moment stay in the order of the export, which may be newest first."""
    times = [entry.at for entry in entries if entry.at]
    if len(times) < len(entries):
        return entries
    if times[0] > times[-1]:
        entries.reverse()
        times.reverse()
    return [entry for _, entry in sorted(zip(times, entries, strict=True), key=lambda pair: pair[0])]


def _array(text: str) -> Iterator[_Entry]:
    """Read an array of records. What a process wrote is Cloud Logging's `textPayload`, or `jsonPayload` if it was JSON."""
    start = _ARRAY.match(text)
    for record in _elements(text, start.end() if start else 0):
        if not isinstance(record, dict):
            continue
        at = next((find_time(f"time={record[name]}") for name in TIME_FIELDS if name in record), None)
        payload: Any = record.get("textPayload", record.get("jsonPayload"))
        if isinstance(payload, dict):
            payload = json.dumps({"severity": record.get("severity", ""), **payload})
        line = _written(payload, at, str(record.get("resource", ""))) if isinstance(payload, str) else json.dumps(record)
        yield _Entry(line, at)


def _loki(text: str) -> Iterator[_Entry]:
    """Read stream by stream, so that what one process wrote stays together; a value is [nanoseconds, line, ...]."""
    for values in _VALUES.finditer(text):
        for value in _elements(text, values.end()):
            match value:
                case [str(nanoseconds), str(line), *_]:
                    at = find_time(f"time={nanoseconds}")
                    yield _Entry(_written(line, at, str(values.start())), at, values.start())


def _csv(text: str) -> Iterator[_Entry]:
    """Read CloudWatch's rows: `timestamp,message` as the console saves it, `@timestamp,@message` and more as Insights does."""
    rows = csv.DictReader(io.StringIO(text, newline=""))
    for row in rows:
        named = {(name or "").lstrip("@"): value for name, value in row.items()}
        at = find_time(f"time={named['timestamp']}")
        yield _Entry(_written(named["message"] or "", at, named.get("logStream") or ""), at)


_FORMS: Final = ((_ARRAY, _array), (_LOKI, _loki), (_CSV_HEADER, _csv))


def _written(text: str, at: datetime | None, writer: str) -> str:
    """Return what a process wrote as a record of Docker's json-file driver."""
    return json.dumps({"log": text.rstrip("\n") + "\n", "stream": writer, "time": at.isoformat() if at else ""})


def _elements(text: str, start: int) -> Iterator[Any]:
    """Decode the elements of a JSON array whose first one starts here, up to its end.

    Raises:
        ValueError, RecursionError: what follows is cut off or no JSON.
    """
    decoder = json.JSONDecoder()
    while text[start : start + 1] != "]":
        element, end = decoder.raw_decode(text, start)
        yield element
        gap = _NEXT.match(text, end)
        start = gap.end() if gap else end
