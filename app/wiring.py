"""The composition root: settings in, a Runtime with every port bound out."""

from dataclasses import dataclass
from datetime import timedelta

import redis

import app.schema  # noqa: F401  (a foreign key finds its table only when every model has been seen)
from app.delivery.letterhead import letterhead_of
from app.delivery.sentry import Sentry
from app.delivery.witness import Witness, place_of
from app.foundation.clock import Clock, file_clock, system_clock
from app.foundation.db import Database, open_database
from app.foundation.jobs import Doorbell, RedisDoorbell, connect_doorbell
from app.foundation.links import Links
from app.foundation.settings import Settings
from app.foundation.storage import Storage, open_storage
from app.foundation.tokens import Signer
from app.guides.catalogue import guide_folders
from app.guides.rules import GateRules
from app.issues.composing import Press
from app.issues.fetching import Fetcher, SafeFetcher
from app.issues.places import PublicWeb
from app.issues.preflight import Kit
from app.issues.preflight_links import Looks
from app.signup.desk import Desk


@dataclass(frozen=True)
class Runtime:
    """Everything an entry point needs, built once per process."""

    settings: Settings
    clock: Clock
    database: Database
    signer: Signer
    links: Links
    storage: Storage
    doorbell: Doorbell
    redis: redis.Redis
    fetcher: Fetcher

    @property
    def gate_rules(self) -> GateRules:
        """How long and how often a link opens a guide, as the operator chose."""
        chosen = self.settings
        return GateRules(
            link_lifetime=timedelta(days=chosen.link_days),
            downloads_per_link=chosen.link_downloads,
            downloads_a_day=chosen.downloads_a_day,
            quiet=timedelta(hours=chosen.quiet_hours),
        )

    @property
    def is_https(self) -> bool:
        """Readers reach us over TLS: cookies are for it alone, and browsers may insist on it."""
        return self.settings.base_url.startswith("https://")

    @property
    def address_key(self) -> bytes:
        """Key of the address hashes (foundation.addresses.address_hash)."""
        return self.signer.key("address")


def build_runtime(settings: Settings, *, doorbell: Doorbell | None = None, idle_seconds: int = 0) -> Runtime:
    """Bind every port. Opens no connection: the first use does. `idle_seconds` as for `open_database`."""
    database = open_database(settings.database, idle_seconds=idle_seconds)
    connection = redis.Redis.from_url(settings.redis, socket_connect_timeout=2, socket_timeout=30)
    bell = doorbell or RedisDoorbell(connection)
    connect_doorbell(database.write, bell)
    moved = settings.clock_file if settings.demo else None
    return Runtime(
        settings=settings,
        clock=file_clock(moved) if moved else system_clock,
        database=database,
        signer=Signer(settings.secret_key.get_secret_value().encode()),
        links=Links(settings.base_url),
        storage=open_storage(settings.storage),
        doorbell=bell,
        redis=connection,
        fetcher=SafeFetcher(PublicWeb(), f"Mozilla/5.0 (compatible; Handoff/0.1; +{settings.base_url})"),
    )


def sentry_of(runtime: Runtime) -> Sentry:
    """Who is asked before anything is sent; its witness stands with the files."""
    witness = Witness(runtime.storage, place_of(runtime.settings), runtime.redis)
    return Sentry(runtime.database, runtime.clock, witness)


def press_of(runtime: Runtime) -> Press:
    """What printing an issue needs; `{guide_url}` in a letter leads to the first guide there is."""
    guides = guide_folders(runtime.settings.guides_dir)
    return Press(
        emails_dir=runtime.settings.emails_dir,
        links=runtime.links,
        guide_url=runtime.links.guide(guides[0].name) if guides else None,
        reply_domain=runtime.settings.reply_domain,
    )


def kit_of(runtime: Runtime, looks: Looks) -> Kit:
    """What checking an issue needs, with what its addresses answered."""
    return Kit(press_of(runtime), letterhead_of(runtime.settings, runtime.signer), looks)


def desk_of(runtime: Runtime) -> Desk:
    """What signing up and handing out guides need."""
    chosen = runtime.settings
    return Desk(
        signer=runtime.signer,
        links=runtime.links,
        address_key=runtime.address_key,
        emails_dir=chosen.emails_dir,
        rules=runtime.gate_rules,
        confirm_within=timedelta(days=chosen.confirm_days),
    )
