"""How the targets of a service are reached, and how much a pull may take: `Access`, `Limits`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Paths, credentials and TLS files for the targets of one service.

    Attributes:
        pprof_path: where `net/http/pprof` is mounted.
        metrics_path: where the metrics page is; empty when there is none.
        metrics_port: port of the metrics page where it is not that of pprof; None where it is.
        user, password: for basic authentication; `user` is empty when there is none.
        bearer: token for bearer authentication; empty when there is none.
        bearer_file: file that holds such a token, read for each connection; None when there is none.
        tls_ca: certificates to trust; None trusts those of the system.
        tls_cert, tls_key: client certificate and its key; None when none is presented.
        tls_verify: false accepts any certificate.
    """

    pprof_path: str = "/debug/pprof"
    metrics_path: str = "/metrics"
    metrics_port: int | None = None
    user: str = ""
    password: str = field(default="", repr=False)
    bearer: str = field(default="", repr=False)
    bearer_file: Path | None = None
    tls_ca: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_verify: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one pull may take.

    Attributes:
        deadline_seconds: for the whole pull, from connecting to the last byte.
        connect_seconds: for connecting alone.
        max_bytes: of the body, as sent and as decompressed.
        due_at: when it must have ended, however much of its deadline is left, by `time.monotonic()`.
    """

    deadline_seconds: float = 30.0
    connect_seconds: float = 5.0
    max_bytes: int = 256_000_000
    due_at: float = math.inf
