r"""What a message shows: its words and its files, read as logs, secrets masked. Files are fetched from Slack.

Pasted text has lost what Slack made of it: fences, links made of addresses, entities.

>>> text_of({"text": "look: ```panic: boom\nmain.main(&lt;nil&gt;)```"})
'look: \npanic: boom\nmain.main(<nil>)\n'
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.alerts.message import words
from bot.alerts.wording import LINK
from bot.collect.files import read_files
from bot.collect.spool import Spool
from bot.collect.unpack import is_packed, unpack_into
from bot.errors import CollectError, SlackError, UsageError
from bot.model.evidence import Evidence
from bot.model.goroutines import Frame, GoroutineDump
from bot.model.incident import Job
from bot.model.logs import LogReading
from bot.model.snapshot import Parsed
from bot.parse.sniff import sniff
from bot.respond.context import Context

NOBODYS = "this log"
"""Whose evidence it is until somebody knows; no service can have this name."""
PASTED = "pasted text"
MAX_BYTES = 64_000_000
"""Of a file, packed and unpacked: it is held in memory."""
MAX_FILES = 5
TRACE = re.compile(r"goroutine \d|panic|fatal error|DATA RACE|\.go:\d|```")
"""Up to here people speak; from here on it is Go."""
# Slack is away: what was not fetched now may be had in a moment.
AWAY = "unreachable"
OF_TEXT = (".txt", ".log")
FENCE = "```"
STACKS_READ = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """What a message shows: readings of its text and files, secrets masked, and what could not be read of it."""

    parsed: tuple[Parsed, ...]
    unread: tuple[str, ...] = ()

    @property
    def traces(self) -> tuple[tuple[Frame, ...], ...]:
        """Every stack that Go has printed in it, the first ones."""
        return tuple(stack for item in self.parsed for stack in _stacks(item))


def kept(context: Context, job: Job) -> Shown | None:
    """Return what an interrupted run has kept; None when this is the first."""
    kept = context.store.evidence.of_job(job.number)
    return Shown(tuple(map(context.engine.read, kept))) if kept else None


def fetch(context: Context, job: Job, directory: Path) -> Shown:
    """Fetch and read what a message shows; words without a stack only tell of the files beside them.

    Raises:
        SlackError: Slack is away.
    """
    unread: list[str] = []
    pieces = [
        piece
        for index, given in enumerate(_contents(context, job.payload["message"], unread))
        if (piece := _read(context, given, directory / str(index), unread))
    ]
    parsed = [context.engine.read(piece) for piece in pieces]
    logs = [item for item in parsed if item.evidence.source != PASTED or any(_stacks(item))]
    return Shown(tuple(_with_masked(item, job.payload["masked"]) for item in logs), tuple(unread))


@dataclass(frozen=True, slots=True)
class _Given:
    """One text as it came: its name, its bytes, and whether they were cut."""

    name: str
    content: bytes
    cut: bool = False


def _contents(context: Context, message: Mapping[str, Any], unread: list[str]) -> Iterator[_Given]:
    """Yield the texts of a message under names that differ; what cannot be fetched is added to `unread`."""
    if text := text_of(message):
        yield _Given(PASTED, text.encode("utf-8", "replace"))
    files, names = list(message.get("files") or ()), {PASTED}
    if len(files) > MAX_FILES:
        unread.append(f"{len(files) - MAX_FILES} of its files: I read {MAX_FILES} at a time")
    for shown in files[:MAX_FILES]:
        name = Path(str(shown.get("name") or "file")).name
        while name in names:
            name = f"another {name}"
        names.add(name)
        url = shown.get("url_private_download") or shown.get("url_private")
        if not url:
            unread.append(f"{name}: Slack does not show it here")
            continue
        try:
            content, cut = context.workspace.download(str(url), max_bytes=_limit(context))
        except SlackError as error:
            if error.code == AWAY:
                raise
            unread.append(f"{name}: {error}")
            continue
        yield _Given(name, content, cut)


def _limit(context: Context) -> int:
    return min(MAX_BYTES, context.config.defaults.max_bytes)


def _read(context: Context, given: _Given, directory: Path, unread: list[str]) -> Evidence | None:
    """Return one text as evidence of nobody yet, secrets masked; what is none is added to `unread`."""
    directory.mkdir()
    path, content, cut = directory / PASTED, given.content, given.cut
    try:
        if is_packed(content):
            spool = Spool(directory)
            cut |= unpack_into(spool, io.BytesIO(content), max_bytes=_limit(context))
            unpacked = spool.content()
            content = unpacked.read_bytes() if isinstance(unpacked, Path) else unpacked
        path.write_bytes(content)
        (piece,) = read_files([str(path)], service=NOBODYS, sniff=sniff, now=context.now(), spool=directory).evidence
    except (CollectError, UsageError) as error:
        unread.append(f"{given.name}: {str(error).removeprefix(f'{path}: ')}")
        return None
    if not piece.name.endswith(OF_TEXT):
        unread.append(f"{given.name}: it is no text")
        return None
    target = replace(piece.target, instance=given.name) if piece.target else None
    piece = replace(piece, source=given.name, target=target, collected_at=context.now(), truncated=piece.truncated or cut)
    return context.engine.mask(piece, directory)


def _with_masked(item: Parsed, count: int) -> Parsed:
    """Count the secrets of pasted text that were masked before it was written down."""
    evidence = item.evidence
    return replace(item, evidence=replace(evidence, masked=evidence.masked + (count if evidence.source == PASTED else 0)))


def text_of(message: Mapping[str, Any]) -> str:
    """Return the words of a message as they were pasted: no fences, no links made of addresses, entities decoded."""
    text = str(message.get("text") or "")
    if not TRACE.search(text):
        text = "\n".join(words(message))
    unlinked = LINK.sub(lambda match: match["label"] or match["url"], text)
    return html.unescape(unlinked.replace(FENCE, "\n"))


def _stacks(item: Parsed) -> Iterator[tuple[Frame, ...]]:
    """Yield the stacks that Go has printed: of crashes, of races, of goroutines."""
    reading = item.reading
    dumps = [reading] if isinstance(reading, GoroutineDump) else []
    if isinstance(reading, LogReading):
        dumps += [*reading.dumps, *(crash.dump for crash in reading.crashes if crash.dump)]
        yield from (crash.stack for crash in reading.crashes if crash.stack)
        yield from (race.stack for race in reading.races if race.stack)
    for dump in dumps:
        yield from (group.stack for group in dump.groups[:STACKS_READ] if group.stack)
