"""Bundles: the evidence of one collection as a directory, written and read back.

    goroutine.pb.gz  heap.pb.gz  metrics.txt  service.log  …    of the one target, and what belongs to the whole service
    history.json  gateway.log  pods.json  events.json  …        of the whole service
    second/                                                     the second sample, same names
    targets/<instance>/                                         of each target, when there are several
    baseline/                                                   an earlier bundle to compare with, same layout
    meta.yaml                                                   service, times, targets, failures, where each file came from

Any directory with files of these names can be read; what `meta.yaml` would say is then taken as usual.
"""

from __future__ import annotations

import io
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from bot.collect.meta import META, Meta, Origin, origin_of, read_meta, write_meta
from bot.errors import UsageError
from bot.model.evidence import Bundle, Evidence, Kind, Target

Redact = Callable[[BinaryIO, BinaryIO], int]
"""Copies evidence, secrets masked, and returns how many were masked."""

SERVICE_WIDE = (Kind.GATEWAY_LOG, Kind.KERNEL_LOG, Kind.KUBELET_LOG, Kind.PODS, Kind.EVENTS, Kind.HISTORY)
"""Kinds that belong to the whole service where nothing else is said."""

_SECOND, _TARGETS, _BASELINE = "second", "targets", "baseline"
_OWN_DIRECTORIES = (_SECOND, _TARGETS, _BASELINE)
_KINDS = "|".join(re.escape(kind) for kind in sorted(Kind, key=len, reverse=True))
_NAME = re.compile(rf"({_KINDS})(?:(?<=\.log)|(?:\.[\w-]+)*\.(?:txt|pb|pb\.gz|json|\d+))")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def kind_of_name(name: str) -> Kind | None:
    """Return what a file of this name in a bundle is; None when it is not evidence.

    >>> kind_of_name("goroutine.debug1.txt"), kind_of_name("service.log.1"), kind_of_name("expected.yaml")
    (<Kind.GOROUTINE: 'goroutine'>, <Kind.SERVICE_LOG: 'service.log'>, None)
    """
    match = _NAME.fullmatch(name)
    return Kind(match[1]) if match else None


def is_bundle(directory: Path) -> bool:
    """Tell whether a path is a directory that `read_bundle` can read."""
    return directory.is_dir() and ((directory / META).is_file() or any(_files(directory)))


def read_bundle(directory: Path, service: str = "") -> Bundle:
    """Read a bundle; evidence stays in its files. `service` names it; empty: as `meta.yaml` says, or the directory is called.

    Raises:
        UsageError: there is no evidence in the directory, or `meta.yaml` is wrong.
    """
    if not is_bundle(directory):
        raise UsageError(
            f"{directory} holds no evidence: a bundle is a directory with files such as goroutine.txt or service.log"
        )
    bundle = _read(directory, service, usual=directory.resolve().name)
    baseline = directory / _BASELINE
    return replace(bundle, baseline=_read(baseline, service, usual=bundle.service)) if is_bundle(baseline) else bundle


def _read(directory: Path, service: str, *, usual: str) -> Bundle:
    meta = read_meta(directory / META)
    files = tuple(_files(directory))
    name = service or meta.service or usual
    taken_at = meta.taken_at or datetime.fromtimestamp(max((file.stat().st_mtime for file in files), default=0), UTC)
    targets = {target.instance: replace(target, service=name) for target in meta.targets}
    only = next(iter(targets)) if len(targets) == 1 else name
    evidence = []
    for file in files:
        path = file.relative_to(directory)
        instance = _owner(path, meta, only)
        target = targets.setdefault(instance, Target(name, instance)) if instance else None
        evidence.append(_evidence(file, target, taken_at, meta.files.get(path.as_posix())))
    failures = tuple(
        replace(failure, target=targets.setdefault(failure.target.instance, replace(failure.target, service=name)))
        if failure.target
        else failure
        for failure in meta.failures
    )
    return Bundle(
        service=name,
        taken_at=taken_at,
        targets=tuple(targets.values()),
        evidence=tuple(evidence),
        failures=failures,
        about=meta.about,
    )


def _files(directory: Path) -> Iterator[Path]:
    """Yield the files of evidence in a bundle, in a fixed order, those of the baseline not included."""
    targets = directory / _TARGETS
    places = [directory, *(sorted(targets.iterdir()) if targets.is_dir() else ())]
    for place in places:
        for samples in (place, place / _SECOND):
            if samples.is_dir():
                yield from sorted(file for file in samples.iterdir() if kind_of_name(file.name) and file.is_file())


def _owner(path: Path, meta: Meta, usual: str) -> str:
    """Return the instance a file belongs to: as `meta.yaml` says, else by where it stands; empty for the whole service."""
    origin = meta.files.get(path.as_posix())
    if origin is not None:
        return origin.instance
    if path.parts[0] == _TARGETS:
        return path.parts[1]
    return "" if kind_of_name(path.name) in SERVICE_WIDE else usual


def _evidence(file: Path, target: Target | None, taken_at: datetime, origin: Origin | None) -> Evidence:
    found = Evidence(
        kind=kind_of_name(file.name) or Kind.SERVICE_LOG,
        name=file.name,
        content=file,
        source=str(file),
        collected_at=taken_at,
        target=target,
        sample=1 if file.parent.name == _SECOND else 0,
    )
    return replace(found, **origin.fields) if origin else found


def write_bundle(bundle: Bundle, directory: Path, redact: Redact) -> int:
    """Write a bundle, secrets masked, and return how many were masked.

    The directory appears complete or not at all. An earlier bundle in it is replaced; files that are not a bundle's stay.

    Raises:
        UsageError: something else than a bundle is there, or the disk refuses.
    """
    if directory.exists() and not (is_bundle(directory) or (directory.is_dir() and not any(directory.iterdir()))):
        raise UsageError(f"{directory} is there and is not a bundle; name a new directory")
    target = directory.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as scratch:
            fresh = Path(scratch) / "bundle"
            masked = _write(bundle, fresh, redact)
            if bundle.baseline:
                masked += _write(bundle.baseline, fresh / _BASELINE, redact)
            _swap(fresh, target, Path(scratch) / "replaced")
    except OSError as error:
        raise UsageError(f"cannot write {directory}: {error.strerror or error}; free some space or name another") from error
    return masked


def _write(bundle: Bundle, directory: Path, redact: Redact) -> int:
    directory.mkdir(parents=True)
    targets = {target.instance: target for target in (*bundle.targets, *(item.target for item in bundle.evidence if item.target))}
    places = _places(targets) if len(targets) > 1 else {}
    masked = 0
    files = {}
    for item in bundle.evidence:
        folder = directory / places.get(item.instance, ".") / (_SECOND if item.sample else ".")
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / _free_name(folder, Path(item.name).name)
        with item.open() as source, file.open("wb") as out:
            masked += redact(source, out)
        files[file.relative_to(directory).as_posix()] = origin_of(replace(item, source=_masked(item.source, redact)))
    write_meta(
        directory / META,
        Meta(
            service=bundle.service,
            taken_at=bundle.taken_at,
            targets=tuple(targets.values()),
            failures=tuple(replace(failure, reason=_masked(failure.reason, redact)) for failure in bundle.failures),
            files=files,
            about=bundle.about,
        ),
    )
    return masked


def as_it_is(source: BinaryIO, sink: BinaryIO) -> int:
    """Mask nothing: what the store keeps was masked before."""
    shutil.copyfileobj(source, sink)
    return 0


def _places(instances: dict[str, Target]) -> dict[str, str]:
    """Return a directory for each instance; two that look the same once made safe get a number."""
    places: dict[str, str] = {}
    for instance in instances:
        safe = stem = _UNSAFE.sub("_", instance).strip(".") or "_"
        number = 2
        while f"{_TARGETS}/{safe}" in places.values():
            safe, number = f"{stem}-{number}", number + 1
        places[instance] = f"{_TARGETS}/{safe}"
    return places


def _free_name(folder: Path, name: str) -> str:
    """Return the name, numbered where it is taken: `service.log.2`, `heap.2.pb.gz`."""
    kind = kind_of_name(name)
    rest = name.removeprefix(kind) if kind else ""
    free, number = name, 2
    while (folder / free).exists():
        free, number = f"{kind or name}.{number}{rest}", number + 1
    return free


def _masked(text: str, redact: Redact) -> str:
    masked = io.BytesIO()
    redact(io.BytesIO(text.encode("utf-8", "replace")), masked)
    return masked.getvalue().decode("utf-8", "replace")


def _swap(fresh: Path, target: Path, replaced: Path) -> None:
    """Put the new directory in the place of the old one, whose other files move over."""
    if not target.exists():
        fresh.rename(target)
        return
    for other in target.iterdir():
        if other.name not in (META, *_OWN_DIRECTORIES) and kind_of_name(other.name) is None:
            copy = shutil.copytree if other.is_dir() else shutil.copy2
            copy(other, fresh / other.name)
    target.rename(replaced)
    try:
        fresh.rename(target)
    except OSError:
        replaced.rename(target)
        raise
