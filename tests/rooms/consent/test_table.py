"""The table in the docs, the page, a replay and a rebuild say the same, for every basis, act and actor."""

import pytest

from portal.config.model import Basis
from portal.consent.basis import may_use
from portal.consent.ledger import OnlyThePersonMayRaise, events_of
from portal.consent.merge import UNSET, fold
from portal.consent.rebuilding import rebuild_state
from portal.consent.words import Act, Actor
from portal.core import clock
from scripts.consent_page import ACTS, BEFORE, LATER, STATES, answers, consent_page, outcome

CHOICES = {Basis.CONSENT: "newsletter.email", Basis.SOFT_OPT_IN: "similar.email", Basis.SALE_OR_SHARING: "partners.email"}


@pytest.mark.slow
@pytest.mark.no_sql
@pytest.mark.parametrize("basis", CHOICES)
@pytest.mark.parametrize("actor", list(Actor))
@pytest.mark.parametrize("before", BEFORE)
def test_page_replay_rebuild_and_table_agree(db, maria, basis, actor, before):
    choice = CHOICES[basis]
    for act in ACTS:
        if before != "nothing":
            maria.did(BEFORE[before].said, choice)
        stood = maria.sees(choice)
        wanted = outcome(act, actor, fold(event.deed for event in events_of(db, maria.id)))
        until = {"until": clock.now() + (LATER - LATER.replace(day=1))} if act is Act.PAUSED else {}
        try:
            maria.did(act, choice, actor=actor, **until)
        except OnlyThePersonMayRaise:
            assert wanted is None
            assert maria.sees(choice) == stood
            continue
        assert wanted is not None
        seen, replayed = maria.sees(choice), fold(event.deed for event in events_of(db, maria.id))
        assert (replayed.said, replayed.pending) == (wanted.said, wanted.pending), act
        assert seen.said == replayed.said
        assert seen.answer == may_use(basis, replayed, clock.now())
        rebuild_state(db, maria.id)
        db.expire_all()
        assert maria.sees(choice) == seen


def test_the_table_has_every_state_and_basis():
    assert len(list(answers())) == len(STATES) * len(Basis)
    assert ("nobody answered", Basis.CONSENT, False, "consent") in list(answers())
    assert outcome(Act.GIVEN, Actor.STAFF, UNSET) is None
    assert consent_page().count("refused here") == 8
