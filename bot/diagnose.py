"""The pipeline, whole: collect → parse → derive → match. START HERE.

`diagnose` climbs the ladder of rungs against live targets (`climb.py`). `judge` is the second half, from a bundle to a
diagnosis: the same for live targets, files and saved bundles.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.collect.bundle import read_bundle
from bot.config import Config, Service
from bot.errors import ConfigError
from bot.facts.derive import derive
from bot.model.benign import Benign
from bot.model.diagnosis import Diagnosis, DumpCounts, Finding, TargetReport
from bot.model.evidence import Bundle, CollectFailure, Evidence, Kind, Target
from bot.model.facts import Facts, RuntimeRow
from bot.model.failure import FailureClass
from bot.model.goroutines import GoroutineDump
from bot.model.incident import Incident
from bot.model.logs import LogReading
from bot.model.rule import Playbook
from bot.model.snapshot import Parsed, Snapshot
from bot.parse.read import read
from bot.redact import Redactor
from bot.rules.folders import builtin_directory
from bot.rules.load import load_benign, load_classes, load_playbooks
from bot.rules.match import MatchContext, match, threshold_problems
from bot.rules.templates import render_runbook

if TYPE_CHECKING:
    from bot.climb import Climb
    from bot.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What every diagnosis needs to know: playbooks, failure classes, harmless goroutines, what to mask, and how to read.

    `mask` copies a piece of evidence without its secrets (a file into the directory given), `read` parses it; the bot has both
    done to large ones in another process (`bot.reading`).
    """

    playbooks: tuple[Playbook, ...]
    classes: Mapping[str, FailureClass]
    benign: Benign
    redactor: Redactor
    mask: Callable[[Evidence, Path], Evidence]
    read: Callable[[Evidence], Parsed] = read


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The service that is looked at: its name, whose code counts as its own, and its own thresholds."""

    name: str
    own_modules: tuple[str, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A diagnosis, with the bundle it was made from and the facts that were derived."""

    bundle: Bundle
    facts: Facts
    diagnosis: Diagnosis


def subject_of(name: str, config: Config) -> Subject:
    """Return whose evidence it is, with what the configuration says about a service of that name."""
    service = config.services.get(name)
    if service is None:
        return Subject(name=name)
    return Subject(name=name, own_modules=service.own_modules, thresholds=service.thresholds)


def load_engine(config: Config | None = None, *, lint_builtin: bool = False) -> Engine:
    """Load the built-in playbooks and what the configuration adds to them.

    Args:
        config: names a team's own playbooks, patterns to mask and thresholds; None adds nothing.
        lint_builtin: lint the built-in playbooks as well, which `gocrash check` does before they are released.

    Raises:
        ConfigError: playbooks are wrong, or a service's threshold belongs to none of them; every problem at once.
    """
    config = config or Config()
    classes, builtin = load_classes(), builtin_directory()
    directories = [builtin, *map(Path, config.playbooks)]
    playbooks = load_playbooks(directories, classes=classes, sound=() if lint_builtin else (builtin,))
    wrong = [
        f"services.{name}.thresholds.{path}: {reason}"
        for name, service in config.services.items()
        for path, reason in threshold_problems(playbooks, service.thresholds).items()
    ]
    if wrong:
        raise ConfigError(wrong)
    redactor = Redactor(config.redact)
    return Engine(playbooks=playbooks, classes=classes, benign=load_benign(), redactor=redactor, mask=redactor.evidence)


def diagnose(
    service: Service,
    engine: Engine,
    plan: Plan,
    *,
    now: Callable[[], datetime],
    progress: Callable[[str], None],
    keep: Callable[[Evidence], Evidence] = lambda evidence: evidence,
    already: Sequence[Evidence] = (),
    history: Callable[[Sequence[Target], Sequence[Parsed]], Evidence | None] = lambda _targets, _parsed: None,
    baseline: Bundle | None = None,
    spool: Path | None = None,
) -> Outcome:
    """Collect from a service's live targets and logs (or read the bundle it replays), then judge.

    Args:
        service: the service, as configured.
        engine: what is known.
        plan: what to collect, usually `plan_of(service, …)`.
        now: the clock (UTC).
        progress: told in a phrase what is being done.
        keep: stores each piece of evidence as soon as it is there, and returns it as stored.
        already: evidence of an interrupted run; what is in it is not pulled again.
        history: told the targets and what was parsed, returns the metrics of the last hours as far as they are remembered; used
            where nobody who is asked keeps them.
        baseline: an earlier bundle to compare with.
        spool: directory for large answers; None keeps them in one that goes when the program ends.
    """
    from bot.climb import Climb  # noqa: PLC0415  # only live targets need the HTTP client, and it is slow to import
    from bot.collect.ladder import Collector  # noqa: PLC0415
    from bot.plan import located  # noqa: PLC0415

    started = time.monotonic()
    subject = Subject(name=service.name, own_modules=service.own_modules, thresholds=service.thresholds)
    if service.replay:
        progress("reading the saved evidence")
        bundle = read_bundle(Path(service.replay), service.name)
        # Read whole: `keep` may do away with a file that it is given, and these are somebody's own.
        kept = tuple(already) or tuple(keep(replace(piece, content=piece.read())) for piece in bundle.evidence)
        return judge(replace(bundle, evidence=kept), engine, subject, started=started)
    plan, unfound = located(plan)
    with Collector(plan.access, plan.limits, now=now, spool=spool) as collector:
        climb = Climb(plan, collector, progress=progress, keep=keep, already=already, read=engine.read)
        climb.all_rungs()
        climb.logs(now())
        climb.history(now())
        climb.remembered(history(plan.targets, climb.parsed))
        climb.platform(now())
    bundle = Bundle(
        service=service.name,
        taken_at=min((item.evidence.collected_at for item in climb.parsed), default=now()),
        targets=_looked_at(plan.targets, climb),
        evidence=tuple(item.evidence for item in climb.parsed),
        failures=(*unfound, *climb.failures),
        baseline=baseline,
    )
    progress("working out what is wrong")
    return judge(bundle, engine, subject, parsed=climb.parsed, started=started)


def reconsider(
    service: Service, engine: Engine, plan: Plan, evidence: Sequence[Evidence], *, baseline: Bundle | None = None
) -> Outcome:
    """Judge evidence that was collected a moment ago, without asking the service for anything.

    Args:
        service: the service, as configured.
        engine: what is known.
        plan: what would be collected: it names the instances.
        evidence: what was collected, at least one piece.
        baseline: an earlier bundle to compare with.
    """
    from bot.plan import located  # noqa: PLC0415  # as in `diagnose`

    plan, unfound = located(plan)
    heard = {piece.instance: piece.target for piece in evidence if piece.target}
    silent = [target for target in plan.targets if target.instance not in heard]
    failures = (CollectFailure(kind=Kind.GOROUTINE, target=target, reason="gave nothing when last asked") for target in silent)
    bundle = Bundle(
        service=service.name,
        taken_at=min(piece.collected_at for piece in evidence),
        targets=tuple((heard | {target.instance: target for target in plan.targets}).values()),
        evidence=tuple(evidence),
        failures=(*unfound, *failures),
        baseline=baseline,
    )
    subject = Subject(name=service.name, own_modules=service.own_modules, thresholds=service.thresholds)
    return judge(bundle, engine, subject)


def _looked_at(targets: Sequence[Target], climb: Climb) -> tuple[Target, ...]:
    """Return the targets, and those that only logs know: pods that have ended."""
    known = {target.instance: target for target in targets}
    owners = (*(item.evidence.target for item in climb.parsed), *(failure.target for failure in climb.failures))
    for owner in owners:
        if owner is not None:
            known.setdefault(owner.instance, owner)
    return tuple(known.values())


def judge(
    bundle: Bundle, engine: Engine, subject: Subject, *, parsed: Iterable[Parsed] = (), started: float | None = None
) -> Outcome:
    """Parse what has not been parsed yet, derive facts, mask secrets in them, match the playbooks.

    Args:
        bundle: the evidence.
        engine: what is known.
        subject: whose evidence it is.
        parsed: readings made while collecting, so that nothing is parsed twice.
        started: `time.monotonic()` at the start of the whole run; None counts from here.
    """
    begun = time.monotonic() if started is None else started
    bundle = _without_secrets(bundle, engine.redactor)
    snapshot = _snapshot(bundle, {id(item.evidence): item for item in parsed}, engine.read)
    facts, masked = engine.redactor.facts(derive(snapshot, own_modules=subject.own_modules, benign=engine.benign))
    context = MatchContext(service=subject.name, classes=engine.classes, targets=bundle.targets, thresholds=subject.thresholds)
    matched = match(engine.playbooks, facts, context=context)
    diagnosis = Diagnosis(
        service=subject.name,
        started_at=bundle.taken_at,
        duration_seconds=time.monotonic() - begun,
        verdict=_verdict(matched.findings, bundle, facts),
        targets=_reports(bundle, facts),
        findings=matched.findings,
        not_evaluated=matched.not_evaluated,
        dump=_dump_counts(snapshot),
        masked=masked + sum(piece.masked for piece in bundle.evidence),
        problems=tuple(engine.redactor.text(problem)[0] for problem in (*_problems(snapshot), *matched.problems)),
        changes=facts.changes,
        baseline_at=bundle.baseline.taken_at if bundle.baseline else None,
    )
    return Outcome(bundle, facts, with_runbooks(diagnosis, engine, targets=bundle.targets))


def _without_secrets(bundle: Bundle, redactor: Redactor) -> Bundle:
    """Mask what is shown beside the facts: why something could not be had, and how instances are called (files are by name)."""

    def named(target: Target) -> Target:
        return replace(target, instance=redactor.line(target.instance))

    def kept(piece: Evidence) -> Evidence:
        # What needs no other name stays the same object: it may have been parsed already.
        if piece.target is None or named(piece.target) == piece.target:
            return piece
        return replace(piece, target=named(piece.target))

    return replace(
        bundle,
        targets=tuple(named(target) for target in bundle.targets),
        evidence=tuple(kept(piece) for piece in bundle.evidence),
        failures=tuple(
            replace(failure, target=failure.target and named(failure.target), reason=redactor.line(failure.reason))
            for failure in bundle.failures
        ),
    )


def _snapshot(bundle: Bundle, known: Mapping[int, Parsed], read: Callable[[Evidence], Parsed]) -> Snapshot:
    return Snapshot(
        bundle=bundle,
        parsed=tuple(known.get(id(evidence)) or read(evidence) for evidence in bundle.evidence),
        baseline=_snapshot(bundle.baseline, {}, read) if bundle.baseline else None,
    )


def _verdict(findings: Sequence[Finding], bundle: Bundle, facts: Facts) -> str:
    """Return the first line of the answer: the first finding, or what was looked at without finding anything."""
    if findings:
        return findings[0].summary
    read_of: dict[str, set[str]] = {}
    for row in facts.collection:
        if row.ok:
            read_of.setdefault(row.kind, set()).add(row.target)
    if not read_of:
        return "nothing could be looked at"
    silent = _silent(bundle, set().union(*read_of.values()))
    found = f"nothing wrong found in {_looked_into(read_of, len(bundle.targets))}{silent}"
    # Rungs are left out from the dearest on: what only the last of them shows is often withheld from a healthy service as well.
    left_out = Counter(failure.target.instance for failure in bundle.failures if failure.overdue and failure.target)
    return f"not enough evidence when the answer was due: {found}" if max(left_out.values(), default=0) > 1 else found


def _looked_into(read_of: Mapping[str, set[str]], whole: int) -> str:
    """Return which kinds of evidence were read, and of how many instances: `goroutine, metrics of 1 of 2 instances, pods`."""
    kinds: dict[int, list[str]] = {}
    for kind, owners in read_of.items():
        kinds.setdefault(len(owners - {""}), []).append(kind)

    def of(count: int) -> str:
        if whole == 1 or not count:
            return ""
        return f" of {whole} instances" if count == whole else f" of {count} of {whole} instances"

    # What is the whole service's stands last, where it cannot be taken for an instance's.
    return ", ".join(f"{', '.join(kinds[count])}{of(count)}" for count in sorted(kinds, reverse=True))


def _silent(bundle: Bundle, heard: set[str]) -> str:
    """Name the instances of which nothing was read: `; 10.0.3.8:6060 and 2 more did not answer`; empty when there is none."""
    silent = [target.instance for target in bundle.targets if target.instance not in heard]
    if not silent:
        return ""
    more = f" and {len(silent) - 1:,} more" if len(silent) > 1 else ""
    return f"; {silent[0]}{more} did not answer"


def _reports(bundle: Bundle, facts: Facts) -> tuple[TargetReport, ...]:
    """Return one report per target; evidence and failures of the service as a whole go under its name."""
    owners = [target.instance for target in bundle.targets]
    if any(not item.instance for item in bundle.evidence) or any(item.target is None for item in bundle.failures):
        owners.append("")
    processes = {row.target: row for row in facts.runtime}
    return tuple(_report(bundle, owner, processes.get(owner)) for owner in owners)


def _report(bundle: Bundle, instance: str, process: RuntimeRow | None) -> TargetReport:
    evidence = [item for item in bundle.evidence if item.instance == instance]
    return TargetReport(
        instance=instance or bundle.service,
        collected=tuple(dict.fromkeys(item.kind.value for item in evidence)),
        failures=tuple(item for item in bundle.failures if (item.target.instance if item.target else "") == instance),
        frozen_seconds=sum(item.frozen_seconds for item in evidence),
        bytes=sum(item.size_bytes for item in evidence),
        revision=(process.revision or "") if process else "",
        go_version=(process.go_version or "") if process else "",
    )


def _dump_counts(snapshot: Snapshot) -> DumpCounts | None:
    """Add up all goroutine dumps and profiles that were read, those inside logs and crashes included."""
    dumps = [dump for item in snapshot.parsed for dump in _dumps(item)]
    if not dumps:
        return None
    return DumpCounts(
        seen=sum(dump.seen for dump in dumps),
        parsed=sum(dump.parsed for dump in dumps),
        groups=sum(len(dump.groups) for dump in dumps),
        truncated=any(dump.truncated for dump in dumps),
    )


def _dumps(item: Parsed) -> tuple[GoroutineDump, ...]:
    reading = item.reading
    if isinstance(reading, GoroutineDump):
        return (reading,)
    if isinstance(reading, LogReading):
        return (*reading.dumps, *(crash.dump for crash in reading.crashes if crash.dump))
    return ()


def _problems(snapshot: Snapshot) -> tuple[str, ...]:
    """Return what could not be read, each with the evidence it stands in."""
    found: list[str] = []
    for item in snapshot.parsed:
        own = [item.error] if item.error else list(getattr(item.reading, "problems", ()))
        own += [problem for dump in _dumps(item) if dump is not item.reading for problem in dump.problems]
        found += [f"{item.evidence.name}: {problem}" for problem in own]
    return tuple(dict.fromkeys(found))


def with_runbooks(
    diagnosis: Diagnosis, engine: Engine, *, targets: Sequence[Target], incident: Incident | None = None
) -> Diagnosis:
    """Fill in the runbook of every finding; `incident` and `diagnosis.similar` come from memory, where there is one."""
    playbooks = {playbook.name: playbook for playbook in engine.playbooks}
    by_instance = {target.instance: target for target in targets}

    def runbook(finding: Finding) -> str:
        instance = finding.instances[0] if finding.instances else ""
        return render_runbook(
            playbooks[finding.playbook],
            finding,
            service=diagnosis.service,
            target=by_instance.get(instance, Target(diagnosis.service, instance)),
            incident=incident,
            similar=diagnosis.similar.get(finding.fingerprint, ()),
        )

    return replace(diagnosis, runbooks={finding.fingerprint: runbook(finding) for finding in diagnosis.findings})
