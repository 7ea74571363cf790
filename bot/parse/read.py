"""`read`: one piece of evidence → `Parsed`. The dispatch of the stage; the other modules hold one format each."""

from __future__ import annotations

from bot.errors import ParseError
from bot.model.evidence import Evidence, Kind
from bot.model.snapshot import Parsed, Reading
from bot.parse.dump import parse_debug1, parse_dump
from bot.parse.expvar import parse_expvar
from bot.parse.goroutineprofile import dump_from_profile
from bot.parse.history import parse_history
from bot.parse.kubernetes import parse_kubernetes
from bot.parse.legacy import is_profile_text, parse_profile_text
from bot.parse.log import parse_log
from bot.parse.metrics import parse_metrics
from bot.parse.profiles import parse_profile

GOROUTINES = (Kind.GOROUTINE, Kind.GOROUTINELEAK)
LOGS = (Kind.SERVICE_LOG, Kind.GATEWAY_LOG, Kind.KERNEL_LOG, Kind.KUBELET_LOG)
KUBERNETES = (Kind.PODS, Kind.EVENTS)
HEAD_BYTES = 64


def read(evidence: Evidence) -> Parsed:
    """Read one piece of evidence; what cannot be read comes back as `Parsed.error`, never as an exception."""
    try:
        return Parsed(evidence, _reading(evidence))
    except ParseError as error:
        return Parsed(evidence, error=str(error))


def _reading(evidence: Evidence) -> Reading:
    if evidence.kind in LOGS:
        with evidence.open() as stream:
            return parse_log(stream)
    if evidence.kind in GOROUTINES:
        return _goroutines(evidence)
    if evidence.kind == Kind.METRICS:
        data = evidence.read()
        return parse_expvar(data) if data.lstrip().startswith(b"{") else parse_metrics(data)
    if evidence.kind == Kind.HISTORY:
        return parse_history(evidence.read())
    if evidence.kind in KUBERNETES:
        return parse_kubernetes(evidence.read())
    data = evidence.read()
    return parse_profile_text(data) if is_profile_text(data) else parse_profile(data)


def _goroutines(evidence: Evidence) -> Reading:
    """A goroutine profile comes as proto, as counted text (debug=1) or as a full dump (debug=2); the first bytes tell."""
    with evidence.open() as stream:
        head = stream.read(HEAD_BYTES)
        stream.seek(0)
        if head.startswith((b"goroutine profile:", b"goroutineleak profile:")):
            return parse_debug1(stream)
        if head.lstrip().startswith(b"goroutine "):
            return parse_dump(stream)
    return dump_from_profile(parse_profile(evidence.read()), leak_profile=evidence.kind == Kind.GOROUTINELEAK)
