"""What an operator may change: read once from GATEWAY_… variables, then passed in."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The configuration of one process. Times are seconds; pool sizes are connections of one process."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    database_url: str | None = Field(default=None, pattern="^postgres(ql)?://", repr=False)
    """An outside PostgreSQL 15 or newer; without it the embedded one in `data_dir` serves."""
    data_dir: Path = Path(".gateway")
    """Where the embedded PostgreSQL keeps its files, and the secret key lies that nobody has set."""
    secret_key: SecretStr | None = Field(default=None, min_length=32)
    """Seals second factors and one-time codes; the same for all processes. Without it, a file in `data_dir` is made."""
    smtp_url: str | None = Field(default=None, pattern="^smtps?://", repr=False)
    """The mail server: smtp://user:password@host:port, with STARTTLS where it is offered; smtps:// is TLS at once."""
    mail_from: str = "gateway@localhost"
    """The sender of e-mails."""
    sms_url: str | None = Field(default=None, pattern="^https?://", repr=False)
    """Where short messages are posted to, as {"to", "text"} in JSON."""
    sms_token: SecretStr | None = None
    """The bearer token for `sms_url`."""
    bss_url: str | None = Field(default=None, pattern="^https?://", repr=False)
    """Where orders to the operator's system are posted to; without it the gateway's own rows are the truth."""
    bss_token: SecretStr | None = None
    """The bearer token for `bss_url`."""
    processes: int = Field(default=1, ge=1)
    """Web processes of `gateway serve`."""
    worker: bool = True
    """Whether `gateway serve` has a worker beside it; off where `gateway worker` runs on its own."""
    health_port: int | None = Field(default=None, ge=0, le=65535)
    """Where `gateway worker` answers /healthz, /readyz and /metrics, on `host`; without it nowhere."""
    readers: int = Field(default=8, ge=1)
    """Connections for reads."""
    writers: int = Field(default=4, ge=1)
    """Connections for transactions."""
    statement_timeout: float = Field(default=30, gt=0)
    """A statement that runs longer is cancelled by PostgreSQL."""
    only_trusted_documents: bool = False
    """Run no documents but those that `gateway documents register` has taken; GraphiQL is not served then."""
    request_timeout: float = Field(default=60, gt=0)
    """A request that runs longer is stopped, with its statements, and answered TIMEOUT."""
    points_per_request: int = Field(default=1_000_000, ge=1_000)
    """What one operation may cost: about as many values as its answer may hold."""
    points_per_second: float = Field(default=200_000, gt=0)
    """What flows into the budget of an administrator or an API key."""
    points_burst: int = Field(default=10_000_000, ge=2_000)
    """What a full budget holds."""
    stranger_points_per_second: float = Field(default=20_000, gt=0)
    """What flows into the budget that strangers of one address share."""
    stranger_points_burst: int = Field(default=2_000_000, ge=2_000)
    """What their full budget holds."""
    connect_timeout: float = Field(default=10, gt=0)
    shutdown_timeout: int = Field(default=30, ge=0)
    """How long requests that run may go on after SIGTERM."""
    drain_time: float = Field(default=0, ge=0)
    """How long a process that got SIGTERM goes on serving while /readyz says no, so that balancers can turn away."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    metrics_token: SecretStr | None = None
    """The bearer token for /metrics; without one, only callers on this machine read them."""
    otlp_url: str | None = Field(default=None, pattern="^https?://")
    """The OpenTelemetry collector that traces are sent to, over HTTP: http://collector:4318."""
