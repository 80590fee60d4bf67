"""A company with a real shop, people who have shown that a mailbox is theirs, and a worker for their cases."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal.accounts import registry
from portal.cases.handlers import case_handlers
from portal.cases.reading import Reader
from portal.cases.systems import close_systems
from portal.config import Config
from portal.engine.running import run_one
from portal.identity.sessions import CurrentSession, begin_session
from tests.rooms.cases.shop import Shop, company_with_a_shop
from tests.rooms.world import World


@dataclass(frozen=True)
class House:
    """The world with a shop in it: what a test of cases speaks of."""

    world: World
    shop: Shop

    def sign_in(self, address: str) -> CurrentSession:
        """A browser in which the mailbox of `address` was proven."""
        with self.world.writing() as db:
            return begin_session(db, address=address, browser="firefox.linux", language="en", current=None).session

    def reader(self, current: CurrentSession) -> Reader:
        """Who reads in that browser."""
        return Reader(self.world.first, current.person_id, current.id)

    def work(self, *, with_pdf: bool = False) -> None:
        """Do every step that is due."""
        for _ in range(50):
            if not self.one_step(with_pdf=with_pdf):
                return
        raise AssertionError("The work does not come to an end.")

    def one_step(self, *, with_pdf: bool = False) -> bool:
        """Do one step, if one is due."""
        return run_one(self.world.database, case_handlers(self.world.database, with_pdf=with_pdf), "worker")

    def subjects(self) -> list[str]:
        """Subjects of the mails that wait to be sent, in order."""
        return [str(row[0]) for row in self.world.rows("SELECT template FROM mail ORDER BY id")]


@pytest.fixture(scope="session")
def shop_config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The configuration, read once."""
    return company_with_a_shop(tmp_path_factory.mktemp("company"))


@pytest.fixture
def house(world: World, shop_config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A fresh shop, and a portal that knows it."""
    folder = tmp_path / "systems"
    folder.mkdir()
    shop = Shop(folder)
    for name in ("shop", "mail"):
        monkeypatch.setenv(f"CASES_{name.upper()}_URL", f"sqlite:///{folder / name}.db")
    registry.use_companies(shop_config, registry.ids())
    close_systems()
    yield House(world, shop)
    close_systems()
