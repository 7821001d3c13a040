"""One frozen object with every setting, read once at the top and passed down.

Names are those of the environment with the prefix `HANDOFF_` (contract).
"""

import hashlib
import ipaddress
import os
import secrets
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.foundation.errors import Misconfigured


class Settings(BaseSettings):
    """All settings. Relative paths are relative to the working directory."""

    model_config = SettingsConfigDict(env_prefix="HANDOFF_", frozen=True, extra="ignore")

    data_dir: Path = Path("var")
    database_url: str = ""
    redis_url: str = ""
    smtp_url: str = ""
    base_url: str = "http://127.0.0.1:8000"
    client_ip_header: str = ""
    secret_key: SecretStr = SecretStr("")
    storage_url: str = ""
    clock_file: Path | None = None
    demo: bool = False
    machine: str = Field(default="", validation_alias=AliasChoices("HANDOFF_MACHINE", "FLY_MACHINE_ID"))
    workers: int = Field(default=2, ge=1, le=64)
    smtp_connections: int = Field(default=4, ge=1, le=256)
    send_rate: float = Field(default=0, ge=0)
    link_days: int = Field(default=7, ge=1, le=365)
    link_downloads: int = Field(default=10, ge=1, le=1000)
    downloads_a_day: int = Field(default=20, ge=1, le=10_000)
    confirm_days: int = Field(default=7, ge=1, le=90)
    unconfirmed_days: int = Field(default=30, ge=1, le=3650)
    quiet_hours: int = Field(default=24, ge=0, le=168)
    signups_an_hour: int = Field(default=20, ge=1, le=100_000)
    alarm_signups: int = Field(default=60, ge=1, le=1_000_000)
    presses_an_hour: int = Field(default=120, ge=1, le=100_000)
    send_per_hour: int = Field(default=0, ge=0)
    domain_rates: str = ""
    warm_up: str = ""
    reply_domain: str = ""
    bounce_domain: str = ""
    dkim_domain: str = ""
    dkim_selector: str = "handoff"
    dkim_key_file: Path | None = None
    dkim_ed25519_selector: str = "handoff-ed25519"
    dkim_ed25519_key_file: Path | None = None
    mailgun_signing_key: SecretStr = SecretStr("")
    postmark_hook_login: SecretStr = SecretStr("")
    sendgrid_public_key: str = ""
    ses_topics: str = ""
    imap_url: SecretStr = SecretStr("")
    mail_in_host: str = "127.0.0.1"
    mail_in_port: int = Field(default=8025, ge=0, le=65535)
    catcher_port: int = Field(default=8026, ge=0, le=65535)
    emails_dir: Path = Path(__file__).resolve().parents[2] / "emails"
    guides_dir: Path = Path(__file__).resolve().parents[2] / "guides"
    publication_file: Path = Path(__file__).resolve().parents[2] / "publication.toml"

    @field_validator("base_url")
    @classmethod
    def _origin_only(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
            raise ValueError("must be an origin such as https://letters.example.com, with no path")
        return value.rstrip("/")

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force: the given one (psycopg 3), or SQLite in the data directory."""
        url = self.database_url or f"sqlite:///{self.data_dir.resolve() / 'handoff.sqlite3'}"
        for prefix in ("postgres://", "postgresql://"):
            if url.startswith(prefix):
                return "postgresql+psycopg://" + url.removeprefix(prefix)
        return url

    @property
    def redis(self) -> str:
        """The queue's URL in force: the given one, or the embedded Valkey's socket."""
        return self.redis_url or f"unix://{valkey_socket(self.data_dir)}"

    @property
    def storage(self) -> str:
        """The storage URL in force: `file:///…` or `s3://bucket/prefix?endpoint_url=…`."""
        return self.storage_url or f"file://{(self.data_dir / 'files').resolve()}"

    @property
    def is_postgresql(self) -> bool:
        return self.database.startswith("postgresql")

    @property
    def is_loopback(self) -> bool:
        """True when the base URL can only be reached from this machine."""
        host = urlsplit(self.base_url).hostname or ""
        if host == "localhost" or host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    @property
    def catcher_allowed(self) -> bool:
        """The dev mail catcher shows every token: only in a demo or on loopback."""
        return self.demo or self.is_loopback

    @property
    def host(self) -> str:
        """Host name of the base URL; the default domain of Message-IDs and List-Id."""
        return urlsplit(self.base_url).hostname or "localhost"


def valkey_socket(data_dir: Path) -> Path:
    """Where the embedded Valkey listens. A socket path may have 107 bytes (unix(7)), so a deep
    data directory gets a short path named after its hash."""
    path = data_dir.resolve() / "valkey.sock"
    if len(os.fsencode(path)) <= 100:
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"handoff-{digest}.sock"


def load_settings(**overrides: object) -> Settings:
    """Read the environment once; a bad value names its variable.

    Raises Misconfigured.
    """
    try:
        settings = Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = "HANDOFF_" + "_".join(str(part) for part in first["loc"]).upper()
        raise Misconfigured(first["msg"], field=name) from error
    if settings.secret_key.get_secret_value():
        return settings
    if settings.is_postgresql:
        raise Misconfigured(
            "must be given with PostgreSQL, because every machine has to sign with the same key",
            field="HANDOFF_SECRET_KEY",
            hint='Make one with: python3 -c "import secrets; print(secrets.token_urlsafe(48))"',
        )
    return settings.model_copy(update={"secret_key": SecretStr(_key_in(settings.data_dir))})


def check_start(settings: Settings) -> None:
    """Refuse what would lose mail or files later; called before anything starts.

    Raises Misconfigured naming the setting.
    """
    if settings.is_postgresql and not settings.storage_url:
        raise Misconfigured(
            "must be shared storage with PostgreSQL: raw mail and guides have to be seen by every machine",
            field="HANDOFF_STORAGE_URL",
            hint="Use s3://bucket/prefix, or file:///path for a volume that all processes share.",
        )
    if not settings.smtp_url and not settings.catcher_allowed:
        raise Misconfigured(
            "is not set, and mail to the public cannot go to the development catcher",
            field="HANDOFF_SMTP_URL",
            hint="For example smtp://user:password@mail.example.com:587?tls=starttls",
        )
    if settings.clock_file and not settings.demo:
        raise Misconfigured("is honoured only in a demo data directory", field="HANDOFF_CLOCK_FILE")


def _key_in(data_dir: Path) -> str:
    """The key kept in the data directory, made on first use; only the owner may read it."""
    path = data_dir / "secret_key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_text().strip()
        if not key:
            raise Misconfigured(f"{path} is empty", hint="Restore it from a backup or delete it.") from None
        return key
    except OSError as error:
        raise Misconfigured(f"cannot be written: {error}", field="HANDOFF_DATA_DIR") from error
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    return path.read_text().strip()
