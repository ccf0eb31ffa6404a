"""The settings: one frozen struct, read from `SEQARK_…` environment variables and passed to whoever needs it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from app import edge
from app.postbox import fault_of_mail

if TYPE_CHECKING:
    from collections.abc import Mapping


_POSITIVE = (
    "access_token_minutes",
    "api_processes",
    "job_memory",
    "job_seconds",
    "lockout_attempts",
    "lockout_minutes",
    "max_upload_bytes",
    "private_link_minutes",
    "public_link_hours",
    "rate_downloads",
    "rate_requests",
    "rate_searches",
    "rate_uploads",
    "refresh_token_days",
    "removal_days",
    "report_interval",
    "seal_interval",
    "staging_days",
    "sweep_interval",
    "upload_link_hours",
    "worker_concurrency",
    "worker_poll_max",
    "worker_stale_after",
)


LEAST_SECRET = 32  # characters


class UnsafeSettings(Exception):
    """A setting is malformed, or a combination that must not be served; the message says what to change."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting with its default; the variable of `data_dir` is `SEQARK_DATA_DIR`, and so on.

    Lists are comma-separated, booleans are true/false, sizes are bytes, times are seconds unless the name says more.
    """

    data_dir: Path = Path("data")
    database_url: str = ""  # empty: SQLite below data_dir
    host: str = "127.0.0.1"
    port: int = 8000
    api_processes: int = 1
    public_url: str = ""  # empty: http://host:port
    accession_prefix: str = "NFDP"
    timezone: str = "UTC"
    secret_key: str = ""  # empty: made once and kept below data_dir; "new,old" while keys are changed
    trusted_proxies: list[str] = []  # addresses or networks whose X-Forwarded-For is believed
    registration: str = "open"  # open | invite | closed
    default_visibility: str = "public"  # public | private
    access_token_minutes: int = 30
    refresh_token_days: int = 7
    lockout_attempts: int = 10  # wrong passwords in a row before a pause
    lockout_minutes: float = 15
    smtp_url: str = ""  # smtp://[user:password@]host:port, smtps://…; empty: no mail
    mail_from: str = "seqark@localhost"
    oidc_issuer: str = ""  # empty: no sign-in by another provider
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    cors_origins: list[str] = []
    cors_credentials: bool = False
    rate_limits: list[str] = msgspec.field(default_factory=lambda: ["flow"])  # dialects that count requests
    rate_requests: int = 1000  # an hour and caller, and so on
    rate_uploads: int = 100
    rate_downloads: int = 500
    rate_searches: int = 300
    lims_secret: str = ""  # empty: no messages of a LIMS are taken
    lims_account: str = ""
    s3_endpoint: str = "embedded"  # embedded | none | URL
    s3_port: int = 8333
    s3_public_url: str = ""  # empty: the endpoint itself
    s3_bucket: str = "seqark"
    s3_region: str = "us-east-1"
    s3_access_key: str = ""
    s3_secret_key: str = ""
    public_link_hours: float = 24
    private_link_minutes: float = 15
    upload_link_hours: float = 24
    max_upload_bytes: int = 5 * 2**40
    quota_bytes: int = 0  # 0: unlimited; per account
    free_space_floor: int = 2**30  # below it new uploads get 503
    staging_days: float = 7
    removal_days: float = 7  # the bytes of what was removed are kept so long
    worker_concurrency: int = 2
    worker_stale_after: float = 60
    worker_poll_max: float = 1.0
    sweep_interval: float = 15
    seal_interval: float = 2
    job_memory: int = 4 * 2**30
    job_seconds: float = 6 * 3600
    report_interval: float = 120
    references: str = ""  # empty: references below data_dir
    multiline_fastq: bool = False  # accept FASTQ records that wrap their lines
    qc_reads: bool = True  # run the QC tools, not only the validation
    log_format: str = "auto"  # auto | json | text
    log_level: str = "info"
    graceful_seconds: float = 20

    @property
    def embedded_database(self) -> bool:
        """Whether the database is the SQLite file below the data folder, which is migrated by itself."""
        return not self.database_url

    @property
    def sqlite(self) -> bool:
        """Whether the database is SQLite."""
        return self.resolved_database_url.startswith("sqlite")

    @property
    def resolved_database_url(self) -> str:
        """The SQLAlchemy URL, with its async driver."""
        url = self.database_url or f"sqlite:///{(self.data_dir / 'seqark.sqlite').absolute()}"
        for plain, driver in (
            ("postgresql://", "postgresql+asyncpg://"),
            ("postgres://", "postgresql+asyncpg://"),
            ("sqlite:///", "sqlite+aiosqlite:///"),
        ):
            if url.startswith(plain):
                return driver + url.removeprefix(plain)
        return url

    @property
    def references_dir(self) -> Path:
        """The folder of the sequences that CRAM files were made with; it need not be there."""
        return Path(self.references) if self.references else self.data_dir / "references"

    @property
    def base_url(self) -> str:
        """Where clients reach the service, without a trailing slash."""
        return (self.public_url or f"http://{_reachable(self.host)}:{self.port}").rstrip("/")

    @property
    def store_public_url(self) -> str:
        """Where clients reach the object store, without a trailing slash; empty when there is none."""
        if self.s3_public_url:
            return self.s3_public_url.rstrip("/")
        if self.s3_endpoint == "embedded":
            return f"http://{_reachable(self.host)}:{self.s3_port}"
        return "" if self.s3_endpoint == "none" else self.s3_endpoint.rstrip("/")


def _reachable(host: str) -> str:
    """A name under which a wildcard bind is reached from this machine."""
    return "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104  # compared, not bound


def _parse(name: str, text: str, kind: Any) -> object:
    """Turn the text of one variable into its field's type."""
    if kind is Path:
        return Path(text)
    if kind == list[str]:
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return msgspec.convert(text.strip().lower() if kind is bool else text.strip(), kind, strict=False)
    except msgspec.ValidationError as error:
        raise UnsafeSettings(f"SEQARK_{name.upper()} is {text!r}: {error}.") from error


def from_environment(environ: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Read the settings; `overrides` (from the command line) win over the environment, None means "not given"."""
    environ = os.environ if environ is None else environ
    hints = msgspec.structs.fields(Settings)
    known = {f"SEQARK_{field.name.upper()}": field for field in hints}
    unknown = sorted(
        name for name in environ if name.startswith("SEQARK_") and "TEST" not in name and name not in known
    )
    if unknown:
        raise UnsafeSettings(f"{unknown[0]} is no setting of SeqArk; the README's table lists them all.")
    values = {f.name: _parse(f.name, environ[v], f.type) for v, f in known.items() if environ.get(v, "") != ""}
    values |= {name: value for name, value in overrides.items() if value is not None}
    settings = Settings(**values)  # type: ignore[arg-type]
    refuse_unsafe(settings)
    return settings


def refuse_outside(settings: Settings) -> None:
    """Raise `UnsafeSettings` for numbers, a time zone or a database address that cannot be meant."""
    for name in _POSITIVE:
        if not getattr(settings, name) > 0:
            raise UnsafeSettings(f"SEQARK_{name.upper()} must be above 0.")
    for name in ("quota_bytes", "free_space_floor", "graceful_seconds"):
        if getattr(settings, name) < 0:
            raise UnsafeSettings(f"SEQARK_{name.upper()} must be 0 or more.")
    for name in ("port", "s3_port"):
        if not 0 <= getattr(settings, name) < 2**16:
            raise UnsafeSettings(f"SEQARK_{name.upper()} must be a port from 0 to 65535; 0 takes a free one.")
    if not settings.resolved_database_url.startswith(("sqlite+aiosqlite:///", "postgresql+asyncpg://")):
        raise UnsafeSettings(
            "SEQARK_DATABASE_URL must be empty (SQLite below the data folder), sqlite:///PATH or postgresql://…"
        )
    try:
        ZoneInfo(settings.timezone)
    except (KeyError, ValueError, OSError):
        raise UnsafeSettings(f"SEQARK_TIMEZONE is {settings.timezone!r}; give a name such as Asia/Riyadh.") from None


def secrets_of(text: str) -> list[str]:
    """The secrets of `SEQARK_SECRET_KEY`, of which the first signs."""
    return [part.strip() for part in text.split(",") if part.strip()]


def refuse_unsafe_sign_in(settings: Settings) -> None:
    """Raise `UnsafeSettings` for short secrets, and for an identity provider that is told by half or can be feigned."""
    if settings.lims_secret and not settings.lims_account:
        raise UnsafeSettings("SEQARK_LIMS_SECRET needs SEQARK_LIMS_ACCOUNT, the account that its messages act for.")
    if settings.lims_secret and min(map(len, secrets_of(settings.lims_secret)), default=0) < LEAST_SECRET // 2:
        raise UnsafeSettings("SEQARK_LIMS_SECRET must have at least 16 characters, and each where there are more.")
    if settings.secret_key and not secrets_of(settings.secret_key):
        raise UnsafeSettings("SEQARK_SECRET_KEY holds no secret; leave it empty to have one made.")
    if any(len(secret) < LEAST_SECRET for secret in secrets_of(settings.secret_key)):
        raise UnsafeSettings(
            f"SEQARK_SECRET_KEY must have at least {LEAST_SECRET} characters, and each where there are "
            "more, separated by commas; leave it empty to have one made."
        )
    told = (settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)
    if any(told) and not all(told):
        raise UnsafeSettings(
            "SEQARK_OIDC_ISSUER, SEQARK_OIDC_CLIENT_ID and SEQARK_OIDC_CLIENT_SECRET go together; set all or none."
        )
    try:
        address = urlsplit(settings.oidc_issuer)
    except ValueError as error:
        raise UnsafeSettings(f"SEQARK_OIDC_ISSUER is no address: {error}.") from None
    local = address.scheme == "http" and address.hostname in {"localhost", "127.0.0.1", "::1"}
    if settings.oidc_issuer and not (address.hostname and (address.scheme == "https" or local)):
        raise UnsafeSettings("SEQARK_OIDC_ISSUER must be an https:// address (http:// on this machine alone).")
    if address.query or address.fragment:
        raise UnsafeSettings("SEQARK_OIDC_ISSUER must be an address without a query or fragment.")


def refuse_unsafe_lims(settings: Settings) -> None:
    """Raise `UnsafeSettings` for messages that nobody would answer for, or that are signed with next to nothing."""
    secrets = [part.strip() for part in settings.lims_secret.split(",") if part.strip()]
    if settings.lims_secret and not settings.lims_account:
        raise UnsafeSettings(
            "SEQARK_LIMS_SECRET is set without SEQARK_LIMS_ACCOUNT; name the account that messages of the LIMS act for."
        )
    if settings.lims_secret and min((len(secret) for secret in secrets), default=0) < 16:
        raise UnsafeSettings("SEQARK_LIMS_SECRET must have at least 16 characters, and each where there are more.")


def refuse_unsafe(settings: Settings) -> None:
    """Raise `UnsafeSettings` for combinations that must not be served."""
    from accession.ids import PREFIX_FORM  # noqa: PLC0415  # keeps the settings light to import

    refuse_outside(settings)
    choices = {
        "registration": ("open", "invite", "closed"),
        "default_visibility": ("public", "private"),
        "log_format": ("auto", "json", "text"),
        "log_level": ("debug", "info", "warning", "error", "critical"),
    }
    for name, allowed in choices.items():
        if getattr(settings, name) not in allowed:
            raise UnsafeSettings(f"SEQARK_{name.upper()} must be one of {', '.join(allowed)}.")
    if not PREFIX_FORM.fullmatch(settings.accession_prefix):
        raise UnsafeSettings("SEQARK_ACCESSION_PREFIX must be 2 to 12 capital letters and digits, a letter first.")
    told = (
        edge.fault_of_proxies(settings.trusted_proxies),
        edge.fault_of_origins(settings.cors_origins, credentials=settings.cors_credentials),
        edge.fault_of_dialects(settings.rate_limits),
        fault_of_mail(settings.smtp_url, settings.mail_from),
    )
    for fault in filter(None, told):
        raise UnsafeSettings(fault)
    refuse_unsafe_sign_in(settings)
    if settings.s3_endpoint not in {"embedded", "none"}:
        if not settings.s3_endpoint.startswith(("http://", "https://")):
            raise UnsafeSettings(
                "SEQARK_S3_ENDPOINT must be 'embedded', 'none' or a URL such as https://s3.example.org."
            )
        if not (settings.s3_access_key and settings.s3_secret_key):
            raise UnsafeSettings("SEQARK_S3_ACCESS_KEY and SEQARK_S3_SECRET_KEY are needed with an S3 URL.")
    refuse_unsafe_lims(settings)
    if settings.api_processes > 1 and settings.sqlite:
        raise UnsafeSettings("SEQARK_API_PROCESSES above 1 needs PostgreSQL (SEQARK_DATABASE_URL).")
