"""Servers and how they want to be asked, as the configuration says: `Auth`, `Tls`, `Api`. Secrets never show when printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import UsageError
from bot.model.access import Access

SCHEMES = ("http", "https", "unix", "http+unix")
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where Kubernetes puts the credentials of a pod (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod)."""


@dataclass(frozen=True, slots=True)
class Basic:
    """User and password for HTTP basic authentication."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Auth:
    """How a server wants to be asked: a bearer token, the file that holds one (read anew each time), or user and password."""

    bearer: str = field(default="", repr=False)
    bearer_file: str = ""
    basic: Basic | None = None

    def __post_init__(self) -> None:
        """Refuse two ways at once."""
        if self.bearer and self.basic:
            raise UsageError("give either `bearer` or `basic`, not both")
        if self.bearer_file and (self.bearer or self.basic):
            raise UsageError("give either `bearer_file` or another way to log in, not both")


@dataclass(frozen=True, slots=True)
class Tls:
    """Paths of the certificate authority and of a client certificate with its key; `verify: false` trusts anybody."""

    ca: str = ""
    cert: str = ""
    key: str = ""
    verify: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """A server that is asked about services: Prometheus, Loki, Kubernetes."""

    url: str
    auth: Auth = field(default_factory=Auth)
    tls: Tls = field(default_factory=Tls)

    def __post_init__(self) -> None:
        """Refuse what is no address."""
        if not is_address(self.url):
            raise UsageError(f"`{self.url}` is no address: write http://host:port or https://host:port")

    @property
    def access(self) -> Access:
        """How it is reached."""
        return access_of(self.auth, self.tls)


def in_cluster(env: Mapping[str, str]) -> Api | None:
    """Return the API server of the Kubernetes cluster that this process runs in; None outside of one."""
    host, port = env.get("KUBERNETES_SERVICE_HOST"), env.get("KUBERNETES_SERVICE_PORT")
    if not host or not port:
        return None
    name = f"[{host}]" if ":" in host else host
    tls = Tls(ca=str(SERVICE_ACCOUNT / "ca.crt"))
    return Api(url=f"https://{name}:{port}", auth=Auth(bearer_file=str(SERVICE_ACCOUNT / "token")), tls=tls)


def access_of(auth: Auth, tls: Tls) -> Access:
    """Return how a server with these credentials and TLS files is reached."""
    basic = auth.basic or Basic("", "")
    return Access(
        user=basic.user,
        password=basic.password,
        bearer=auth.bearer,
        bearer_file=_path(auth.bearer_file),
        tls_ca=_path(tls.ca),
        tls_cert=_path(tls.cert),
        tls_key=_path(tls.key),
        tls_verify=tls.verify,
    )


def _path(text: str) -> Path | None:
    return Path(text) if text else None


def is_address(text: str) -> bool:
    """Tell whether a text is an address that can be asked, without credentials in it."""
    parts = urlsplit(text)
    return parts.scheme in SCHEMES and bool(parts.netloc or (parts.scheme == "unix" and parts.path)) and not parts.username
