r"""What is this? The first bytes of some evidence enter, its `Kind` leaves. Recognised by content, never by a file's name.

>>> sniff(b"goroutine 1 [running]:\nmain.main()\n")
<Kind.GOROUTINE: 'goroutine'>
>>> sniff(b'{"kind":"PodList","items":[]}')
<Kind.PODS: 'pods'>
>>> sniff(b"2026/11/20 23:03:37 listening on :8080\n")
<Kind.SERVICE_LOG: 'service.log'>
"""

from __future__ import annotations

import re
import zlib
from typing import Final

from bot.errors import ParseError
from bot.model.evidence import Kind

_GZIP_MAGIC: Final = b"\x1f\x8b"
# A profile names its values at its end; more than this is no profile that anybody keeps.
_MAX_UNPACKED_BYTES: Final = 64 << 20
_LOOKED_AT_BYTES: Final = 1 << 16
_CONTROL_SHARE: Final = 0.1

_PROFILE_FIRST_BYTES: Final = frozenset({0x0A, 0x12, 0x5A})
"""Tags of `sample_type`, `sample` and `period_type` in profile.proto: what pprof writers put first."""

_KIND_BY_VALUE_TYPE: Final = (
    (b"goroutineleak", Kind.GOROUTINELEAK),
    (b"goroutine", Kind.GOROUTINE),
    (b"contentions", Kind.MUTEX),
    (b"inuse_space", Kind.HEAP),
    (b"threadcreate", Kind.THREADCREATE),
    (b"cpu", Kind.CPU),
)
"""Block profiles have the value types of mutex profiles, allocs those of heap. Allocs and heap cannot be told apart."""

_UNLOCKS: Final = (
    b"sync.(*Mutex).Unlock",
    b"sync.(*RWMutex).Unlock",
    b"sync.(*RWMutex).RUnlock",
    b"runtime.unlock",
    b"runtime._Lost",
)
_WAITS: Final = (
    b"runtime.chanrecv",
    b"runtime.chansend",
    b"runtime.selectgo",
    b").Lock",
    b").RLock",
    b").Wait",
    b"runtime.block",
)
"""What tells a mutex profile from a block profile: delay is put down to who unlocks in the one, to who waits in the other."""

_FIRST_LINES: Final = (
    (re.compile(rb"^\s*goroutine profile: total \d"), Kind.GOROUTINE),
    (re.compile(rb"^\s*goroutineleak profile: total \d"), Kind.GOROUTINELEAK),
    (re.compile(rb"^\s*threadcreate profile: total \d"), Kind.THREADCREATE),
    (re.compile(rb"^\s*heap profile: \d"), Kind.HEAP),
    (re.compile(rb"^\s*--- mutex:"), Kind.MUTEX),
    (re.compile(rb"^\s*--- contention:"), Kind.BLOCK),
    (re.compile(rb"^\s*goroutine \d+ [^\n]*:\r?\n(?:[^\n]*\n)*?exit status \d"), Kind.SERVICE_LOG),
    (re.compile(rb"^\s*goroutine \d+ (?:gp=\S+ m=\S+ (?:mp=\S+ )?)?\[[^\n]*:\r?\n"), Kind.GOROUTINE),
)
_METRICS = re.compile(rb"^# (?:HELP|TYPE) [a-zA-Z_:]", re.MULTILINE)
_METRIC_LINE = re.compile(rb"^[a-zA-Z_:][a-zA-Z0-9_:]*(?:\{[^\n]*\})? [-+0-9.eEInfNa]+(?: \d+)?\r?$", re.MULTILINE)
_HISTORY = re.compile(
    rb'\{\s*(?:"status"\s*:\s*"success"\s*,\s*(?:"isPartial"\s*:\s*\w+\s*,\s*)?)?'
    rb'"data"\s*:\s*\{\s*(?:"resultType"\s*:\s*"matrix"|"result"\s*:\s*\[\s*\{\s*"metric"\s*:)'
)
"""How Prometheus' answer to a range query begins, as it comes or with its keys sorted; `isPartial` is VictoriaMetrics'."""
_KUBERNETES = re.compile(rb'"kind"\s*:\s*"(\w+)"')
_KUBERNETES_KINDS: Final = {b"Pod": Kind.PODS, b"PodList": Kind.PODS, b"Event": Kind.EVENTS, b"EventList": Kind.EVENTS}
_GATEWAY = re.compile(
    rb" \[(?:error|warn|crit|alert|emerg|notice|info)\] \d+#\d+: "
    rb"|\"(?:GET|POST|PUT|DELETE|HEAD|PATCH|OPTIONS) [^\"\n]* HTTP/[\d.]+\" \d{3} [A-Z,]{1,12} "
    rb"|haproxy\[\d+\]: ",
)
_KERNEL = re.compile(
    rb"^(?:<\d+>|[a-z]+ *:[a-z]+ *: )?"
    rb"\[(?: *\d+\.\d{6}| +\+\d+\.\d{6}|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} ?[ \d]\d \d\d:\d\d(?::\d\d \d{4})?)\] "
    rb"|^\d{4}-\d\d-\d\dT[\d:]{8},\d{6}[+-]\d\d:\d\d "
    rb"|^\S+(?: +\S+){1,4} kernel: "
    rb'|"(?:_TRANSPORT|SYSLOG_IDENTIFIER)" ?: ?"kernel"',
    re.MULTILINE,
)
"""The times of `dmesg`: since the boot, `-T`, `-H` and `--time-format iso`, after its `-x` or `-r`; then those of a journal."""
_KERNEL_WORDS = re.compile(rb"(?i)oom-kill|Out of memory: Killed|segfault at|invoked oom|Call Trace|audit:|Memory cgroup")
_KUBELET = re.compile(
    rb"^(?:\S.{0,200}? )?[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ "
    rb"(?:kuberuntime_\w+\.go|pod_workers\.go|eviction_manager\.go|kubelet(?:_\w+)?\.go|prober\.go):\d+\] ",
    re.MULTILINE,
)
"""Lines of klog in files that only the kubelet has; journald's prefix may stand before them."""
_CRASH_WORDS = re.compile(rb"goroutine \d+ \[|panic: |fatal error: ")


def sniff(head: bytes) -> Kind:
    """Recognise evidence by its first bytes: 64 KiB of a text; a profile as a whole, for it ends with the names of its values.

    Raises:
        ParseError: there is nothing in it, or it is a binary file of another kind.
    """
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise ParseError("The evidence is empty: collect it again, or check the path.")
    if head.startswith(_GZIP_MAGIC):
        return _sniff_unpacked(_unpack(head))
    return _sniff_unpacked(head)


def _unpack(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(head, _MAX_UNPACKED_BYTES)
    except zlib.error as error:
        raise ParseError("The gzip data is damaged: download the file again.") from error


def _sniff_unpacked(head: bytes) -> Kind:
    if _is_binary(head[:_LOOKED_AT_BYTES]):
        if head[0] in _PROFILE_FIRST_BYTES and (kind := _sniff_profile(head)):
            return kind
        raise ParseError("This is a binary file but no pprof profile: give a profile, a goroutine dump, metrics or a log.")
    return _sniff_text(head.removeprefix(b"\xef\xbb\xbf"))


def _sniff_profile(head: bytes) -> Kind | None:
    """Recognise a profile by the strings in its table: tag of field 6, length, text."""
    kind = next((kind for name, kind in _KIND_BY_VALUE_TYPE if b"2" + bytes([len(name)]) + name in head), None)
    if kind is Kind.MUTEX and any(name in head for name in _WAITS) and not any(name in head for name in _UNLOCKS):
        return Kind.BLOCK
    return kind


def _is_binary(head: bytes) -> bool:
    control = sum(head.count(bytes([code])) for code in range(32) if code not in b"\t\n\r\x1b\x0c")
    return b"\x00" in head[:1024] or control > len(head) * _CONTROL_SHARE


def _sniff_text(text: bytes) -> Kind:
    for pattern, first_line_kind in _FIRST_LINES:
        if pattern.match(text):
            return first_line_kind
    if text.lstrip()[:1] in b"{[" and (kind := _sniff_json(text)):
        return kind
    if _METRICS.search(text) or len(_METRIC_LINE.findall(text)) * 2 > text.count(b"\n") + 1:
        return Kind.METRICS
    return _sniff_log(text)


def _sniff_log(text: bytes) -> Kind:
    """Tell whose log it is; one with a crash in it is the service's, whatever else it holds."""
    if not _CRASH_WORDS.search(text):
        if _GATEWAY.search(text):
            return Kind.GATEWAY_LOG
        if _KERNEL.search(text) and _KERNEL_WORDS.search(text):
            return Kind.KERNEL_LOG
        if _KUBELET.search(text):
            return Kind.KUBELET_LOG
    return Kind.SERVICE_LOG


def _sniff_json(text: bytes) -> Kind | None:
    """Recognise expvar, metrics history and Kubernetes objects; a `List` is what its items are, lines of JSON are a log."""
    if b'"memstats":' in text and b'"cmdline":' in text:
        return Kind.METRICS
    if _HISTORY.match(text.lstrip()):
        return Kind.HISTORY
    if b'"apiVersion"' not in text and b'"items"' not in text:
        return None
    return next((_KUBERNETES_KINDS[found] for found in _KUBERNETES.findall(text) if found in _KUBERNETES_KINDS), None)
