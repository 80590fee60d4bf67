"""The environment: secrets, addresses, sizes. Read once, checked before anything runs; nothing else reads `os.environ` for them.

Must never start with a setting that is unsafe where it would run.
"""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from portal.core.errors import PortalError


class SettingsError(PortalError):
    """A setting is missing or wrong; the text names it and says what to set."""


class Mode(StrEnum):
    """Where the portal runs. The demo answers on loopback only, without TLS, and shows every mail it would send."""

    PRODUCTION = "production"
    DEMO = "demo"


class Settings(BaseModel):
    """All settings. Each is the environment variable `PORTAL_<NAME>`; secrets also come from the file `PORTAL_<NAME>_FILE`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Mode = Field(
        Mode.PRODUCTION, description="`production`, or `demo` (loopback only, no TLS, mails are shown and not sent)"
    )
    config: Path = Field(Path("portal.yaml"), description="The file with your companies")
    database_url: str = Field(
        description="SQLAlchemy URL: `sqlite:////var/lib/portal/portal.db` or `postgresql+psycopg://...`; may be a file"
    )
    keys: str = Field(
        description="The key ring that `portal keys new` wrote; give it as PORTAL_KEYS_FILE, kept apart from the database"
    )
    files: Path = Field(description="Folder for downloads, encrypted at rest; web and worker share it")
    journal: Path | None = Field(
        None,
        description="Folder outside the database for what no restored backup may undo; on another disk, backed up apart. "
        "All web and worker processes share it. The demo keeps it beside its files",
    )
    smtp_url: str | None = Field(
        None, description="`smtp://user:password@host:587?tls=starttls` (or `tls=on`, `tls=off` on loopback); may be a file"
    )
    bind: str = Field("127.0.0.1:8080", description="Address and port that `portal serve` listens on")
    web_threads: int = Field(8, ge=1, le=64, description="Threads a web process")
    web_processes: int = Field(1, ge=1, le=32, description="Web processes")
    web_pinned: bool = Field(
        False,
        description="Each web process stays on one core (Linux): its threads then need a quarter less of it. "
        "Not beside other programs that are kept to that core, as other portals on the machine may be",
    )
    worker_threads: int = Field(4, ge=1, le=64, description="Calls to systems at the same time")
    trusted_hops: int = Field(0, ge=0, le=5, description="Proxies in front whose X-Forwarded-For is believed; 0 believes none")
    plugins: list[str] = Field(
        default_factory=list, description="Adapter plug-ins that may be loaded, by entry-point name, comma-separated"
    )
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR")

    @property
    def is_demo(self) -> bool:
        """Whether this is the demo."""
        return self.mode is Mode.DEMO

    @property
    def journal_folder(self) -> Path:
        """Where the journal lies."""
        return self.journal or self.files.parent / "journal"


SECRETS = ("database_url", "keys", "smtp_url")


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings from an environment. Raises `SettingsError` for the first thing that is missing, unknown or unsafe."""
    known = {f"PORTAL_{name.upper()}": name for name in Settings.model_fields}
    values: dict[str, object] = {}
    for variable, value in environment.items():
        name = known.get(variable) or (known.get(variable.removesuffix("_FILE")) if variable.endswith("_FILE") else None)
        if not variable.startswith("PORTAL_") or variable.startswith("PORTAL_TEST_"):
            continue
        if name is None or (variable.endswith("_FILE") and name not in SECRETS):
            raise SettingsError(f"{variable} is not a setting. docs/reference/settings.md lists all of them.")
        values[name] = _read_file(variable, value) if variable.endswith("_FILE") else value
    if isinstance(plugins := values.get("plugins"), str):
        values["plugins"] = [part.strip() for part in plugins.split(",") if part.strip()]
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = f"PORTAL_{str(first['loc'][0]).upper()}"
        problem = "is not set" if first["type"] == "missing" else f"is wrong: {first['msg']}"
        raise SettingsError(f"{name} {problem}. docs/reference/settings.md says what it means.") from None
    refuse_unsafe(settings)
    return settings


def refuse_unsafe(settings: Settings) -> None:
    """Raise `SettingsError` for what must not run where it would run."""
    host = settings.bind.rsplit(":", 1)[0].strip("[]")
    if settings.is_demo and host not in ("127.0.0.1", "::1", "localhost"):
        raise SettingsError("PORTAL_BIND: demo mode answers on loopback only. Use 127.0.0.1, or set PORTAL_MODE=production.")
    if not settings.database_url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise SettingsError("PORTAL_DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://. No other database serves.")
    if not settings.is_demo and settings.smtp_url is None:
        raise SettingsError(
            "PORTAL_SMTP_URL is not set. Nobody can sign in without mail; docs/reference/settings.md shows its form."
        )
    if not settings.is_demo and settings.journal is None:
        raise SettingsError(
            "PORTAL_JOURNAL is not set. Without it a restored backup brings back what was erased: name a folder outside the database "
            "and its backups."
        )
    if settings.smtp_url is not None:
        parts = urlsplit(settings.smtp_url)
        tls = parse_qs(parts.query).get("tls", ["starttls"])[0]
        if parts.scheme != "smtp" or not parts.hostname or tls not in ("starttls", "on", "off"):
            raise SettingsError("PORTAL_SMTP_URL must look like smtp://user:password@host:587?tls=starttls.")
        if tls == "off" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
            raise SettingsError("PORTAL_SMTP_URL: without TLS mail goes to loopback only. Say tls=starttls or tls=on.")


def _read_file(variable: str, value: str) -> str:
    try:
        return Path(value).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"{variable} names a file that cannot be read. Check the path and who may read it.") from None


_settings: Settings | None = None


def use_settings(settings: Settings) -> None:
    """Set the settings of this process, once, at start."""
    global _settings
    _settings = settings


def settings() -> Settings:
    """The settings of this process; read from the environment at the first call."""
    if _settings is None:
        use_settings(read_settings(os.environ))
    assert _settings is not None  # noqa: S101  # tells the type checker what the line above did
    return _settings
