"""What all tests share: both databases, a real object store, accounts, and a client of the API."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest import mock
from uuid import UUID, uuid4

import httpx
import pytest
import structlog

from app.db.engines import make_engines
from app.db.migrate import migrate
from app.settings import Settings
from app.wiring import Wiring
from tests.fuzz.summary import pytest_addoption, pytest_terminal_summary  # noqa: F401 - hooks, found by their names
from tests.servers.postgres import running_postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from accession.actor import Actor

structlog.configure(
    processors=[structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
)
DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


class ManualClock:
    """The machine's time plus what a test has added."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def advance(self, **delta: float) -> None:
        self.ahead += timedelta(**delta)


@dataclass
class Person:
    """An account with what is needed to speak for it."""

    id: UUID
    email: str
    password: str
    actor: Actor
    headers: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server of this test process's own, with a migrated database named `template_seqark`."""
    with running_postgres() as url:
        asyncio.run(_execute(f"{url}/postgres", "CREATE DATABASE template_seqark"))
        asyncio.run(_migrated(Settings(database_url=f"{url}/template_seqark")))
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database to copy."""
    folder = tmp_path_factory.mktemp("sqlite")
    asyncio.run(_migrated(Settings(data_dir=folder)))
    return folder / "seqark.sqlite"


async def _migrated(settings: Settings) -> None:
    engines = make_engines(settings)
    await migrate(engines.write, settings.accession_prefix)
    await engines.close()


async def _execute(url: str, statement: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """The name of the database that this run of the test uses."""
    return request.param


@pytest.fixture
def database_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, migrated database: empty text for the embedded SQLite below `tmp_path`, or a PostgreSQL URL."""
    if database == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "seqark.sqlite")
        yield ""
        return
    server = request.getfixturevalue("postgres_url")
    name = f"t{uuid4().hex}"
    asyncio.run(_execute(f"{server}/postgres", f"CREATE DATABASE {name} TEMPLATE template_seqark"))
    yield f"{server}/{name}"
    asyncio.run(_execute(f"{server}/postgres", f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def store_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The embedded object store, one for this test process."""
    from tests.servers.objectstore import running_store

    with running_store(tmp_path_factory.mktemp("store")) as info:
        yield info


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of one test's archive; a test module overrides this fixture to change some."""
    return Settings(data_dir=tmp_path, database_url=database_url, s3_endpoint="none", secret_key="k" * 40)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def store(store_server: Any) -> Any:
    """The S3 client of the service on the embedded store, with a bucket of its own."""
    from app.storage.s3 import S3Store

    blobs = S3Store(
        store_server.endpoint_url,
        access_key=store_server.access_key,
        secret_key=store_server.secret_key,
        bucket=f"test-{uuid4().hex[:12]}",
        public_url=store_server.endpoint_url,
    )
    await blobs.ready()
    return blobs


@pytest.fixture
def blobs(request: pytest.FixtureRequest) -> Any:
    """The object store where the test asks for `store`, else None; an async fixture cannot ask for another by name."""
    return request.getfixturevalue("store") if "store" in request.fixturenames else None


@pytest.fixture
async def wiring(settings: Settings, clock: ManualClock, blobs: Any) -> AsyncIterator[Wiring]:
    """A process of the service on a fresh database; with the object store where the test asks for `store` too."""
    made = Wiring(settings, store=blobs, clock=clock)
    yield made
    await made.close()


@pytest.fixture
async def api(wiring: Wiring) -> AsyncIterator[httpx.AsyncClient]:
    """A client that speaks to the ASGI service in this process."""
    from app.asgi import service

    transport = httpx.ASGITransport(app=service(wiring), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://archive.test") as client:
        yield client


_hashes: dict[str, str] = {}


async def hashed_once(password: str) -> str:
    """The hash of a password, which costs a seventh of a second, made once in a test process."""
    from accession.people.passwords import hashed

    if password not in _hashes:
        _hashes[password] = await hashed(password)
    return _hashes[password]


@pytest.fixture
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """argon2id with less effort, for tests that check many passwords and are not about the effort."""
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    from accession.people import passwords

    quick = Argon2Hasher(time_cost=1, memory_cost=1024, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHES", PasswordHash((quick,)))
    monkeypatch.setattr(passwords, "_NOBODY", quick.hash("nobody's"))
    _hashes.clear()
    yield
    _hashes.clear()


async def make_person(wiring: Wiring, name: str, *, admin: bool = False) -> Person:
    """Register an account and sign it in."""
    from accession.people import accounts, passwords, tokens
    from accession.projects.registration import add_account

    email, password = f"{name}@example.org", f"{name}-password-1"
    password_hash = await hashed_once(password)
    with mock.patch.object(passwords, "hashed", mock.AsyncMock(return_value=password_hash)):
        account_id = await add_account(wiring, name=name, email=email, password=password, admin=admin)
    async with wiring.reading() as unit:
        actor = await accounts.load_actor(unit, account_id)
    token = tokens.access_token(wiring.keys, account_id, now=wiring.clock.now(), minutes=30)
    return Person(account_id, email, password, actor, {"Authorization": f"Bearer {token}"})


@pytest.fixture
async def alice(wiring: Wiring) -> Person:
    return await make_person(wiring, "alice")


@pytest.fixture
async def bob(wiring: Wiring) -> Person:
    return await make_person(wiring, "bob")


@pytest.fixture
async def admin(wiring: Wiring) -> Person:
    return await make_person(wiring, "root", admin=True)
