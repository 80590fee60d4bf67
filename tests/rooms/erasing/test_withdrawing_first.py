"""What was agreed to ends in every system before any system erases; a system that never answers holds nothing up for ever."""

from datetime import timedelta

import pytest

from portal.cases.erasing.model import Stopper
from portal.cases.erasing.stages import erasure_stages
from portal.cases.handlers import case_handlers
from portal.cases.model import Case, CaseState
from portal.consent.handlers import consent_handlers
from portal.core import clock
from portal.core.i18n import speaking
from portal.engine.running import run_one
from portal.outbox.delivery import deliver_due
from tests.rooms.erasing.house import GRACE, FarHouse

pytestmark = pytest.mark.no_sql


def work(house: FarHouse, after: timedelta) -> None:
    """Everything that is due then, choices as well."""
    database = house.world.database
    handlers = {**case_handlers(database, with_pdf=False), **consent_handlers(database)}
    with clock.moved(GRACE + after):
        while run_one(database, handlers, "worker") or deliver_due(database, house.sent):
            pass


def confirmed(house: FarHouse, *moods: str) -> Case:
    """Maren gets a newsletter from the post system, which acts on choices, and has confirmed that all of hers goes."""
    house.post.mood("keeps")
    current = house.prove(house.sign_in(), postcode="5003")
    house.give(current)
    case = house.confirm(current)
    house.post.mood("keeps", *moods)
    return case


def order_of(house: FarHouse) -> list[str]:
    """Which acts were done, in the order in which they ended."""
    rows = house.world.rows("SELECT act FROM step WHERE state = 'done' ORDER BY ended_at, id")
    return [str(row[0]) for row in rows]


def test_every_system_has_the_withdrawal_before_any_erases(house: FarHouse) -> None:
    case = confirmed(house)
    for minutes in (1, 10, 20):
        work(house, timedelta(minutes=minutes))
    acts = order_of(house)
    assert "consent.write" in acts
    assert len(acts) - 1 - acts[::-1].index("consent.write") < acts.index("erasure.system"), acts
    assert house.case(case).state is CaseState.DONE
    assert house.post.calls("consent") and house.post.calls() and house.shop.calls()


def test_E7_a_system_that_never_hears_of_it_holds_the_erasure_up_for_an_hour_and_not_longer(house: FarHouse) -> None:
    case = confirmed(house, "mute")
    for minutes in (1, 20, 40):
        work(house, timedelta(minutes=minutes))
        assert house.shop.calls() == [] and house.case(case).state is CaseState.OPEN
    with house.world.reading() as db, speaking("en", "Europe/Oslo"):
        words = {stage.words for stage in erasure_stages(db, house.case(case))}
    assert words == {"Waits until every system has heard what you take back."}
    for minutes in (70, 100):
        work(house, timedelta(minutes=minutes))
    assert house.shop.calls()
    house.post.mood("keeps")
    for minutes in (200, 300, 310):
        work(house, timedelta(minutes=minutes))
    assert house.post.calls("consent") and house.post.calls()
    assert house.case(case).state is CaseState.DONE


@pytest.mark.parametrize("by", [Stopper.PERSON, Stopper.STAFF])
def test_E10_stopped_while_the_systems_are_told_nothing_is_erased(house: FarHouse, by: Stopper) -> None:
    case = confirmed(house, "mute")
    work(house, timedelta(minutes=1))
    with clock.moved(GRACE + timedelta(minutes=2)):
        stopped = house.stop(case, by)
    assert (stopped.gone, stopped.running) == ((), ())
    work(house, timedelta(minutes=130))
    assert house.case(case).state is CaseState.CANCELLED
    assert house.shop.calls() == [] and house.post.calls() == []
    assert house.world.rows("SELECT count(*) FROM step WHERE act = 'erasure.withdrawn' AND state = 'waiting'") == [(0,)]
