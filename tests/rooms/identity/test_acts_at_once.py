"""What one mailbox does while the other is not done yet: nobody keeps a session that an undo ended."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.identity.address_undo import undo_change
from portal.identity.model import SessionRow
from portal.identity.sessions import BegunSession, begin_session, session_of
from tests.rooms.at_once import before
from tests.rooms.identity.people_at_browsers import MARIA, Browser
from tests.rooms.identity.test_address_change import NEW, changed
from tests.rooms.world import World


def signs_in(db: Session) -> BegunSession:
    return begin_session(db, address=NEW, browser="firefox.linux", language="en", current=None)


@pytest.mark.parametrize("undone_first", [True, False])
def test_S5_who_signs_in_while_a_change_is_undone_is_not_let_in(world: World, browser: Browser, undone_first: bool) -> None:
    current, token = changed(world, browser)

    def undoes(db: Session) -> None:
        undo_change(db, token, nonce=None, typed_address=MARIA)

    first, second = (undoes, signs_in) if undone_first else (signs_in, undoes)
    with before(world, first) as beside:
        done = beside(second)
    done.result()
    with world.reading() as db:
        live = select(func.count()).select_from(SessionRow).filter_by(person_id=current.person_id, ended_at=None)
        assert db.scalar(live) == 0


def test_who_signs_in_beside_an_undo_is_somebody_new(world: World, browser: Browser) -> None:
    current, token = changed(world, browser)
    with before(world, lambda db: undo_change(db, token, nonce=None, typed_address=MARIA)) as beside:
        begun = beside(signs_in)
    with world.reading() as db:
        found = session_of(db, begun.result().token)
        assert found is not None and found.person_id != current.person_id
