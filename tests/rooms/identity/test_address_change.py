"""Changing an address: both mailboxes say yes, the old one can take it back for 14 days, and until then nothing weighs."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from portal.consent.model import ConsentChain
from portal.core import clock
from portal.identity import links
from portal.identity.address_change import (
    ChangeUnderWay,
    MayBeSeveral,
    Outcome,
    SameAddress,
    Side,
    TooManyChanges,
    ask_change,
    confirm_change,
    is_settled,
    show_change,
    stop_change,
)
from portal.identity.address_code import confirm_by_code
from portal.identity.address_undo import undo_change
from portal.identity.model import AddressChange
from portal.identity.sessions import CurrentSession
from portal.outbox.model import Mail
from portal.people.addresses import AddressRefused
from portal.people.model import Person
from portal.people.service import mail_address_of, note_seen_alone
from tests.rooms.consent.systems import give_systems, in_memory
from tests.rooms.identity.people_at_browsers import FIREFOX, MARIA, OLAV, Browser
from tests.rooms.world import World

pytestmark = pytest.mark.no_sql

Make = Callable[..., Browser]
NEW = "maria.new@example.net"


def asks(world: World, browser: Browser, current: CurrentSession, address: str = NEW) -> None:
    """Ask for the change in this browser."""
    assert browser.nonce
    with world.writing() as db:
        note_seen_alone(db, current.person_id, alone=True)
        ask_change(db, current, address=address, nonce=browser.nonce, user_agent=FIREFOX, language="en")


def mailed(world: World, to: str, template: str) -> str:
    """The token of the newest mail of that kind to that address."""
    with world.reading("all") as db:
        mails = db.scalars(select(Mail).filter_by(template=template).order_by(Mail.id)).all()
    text = next(mail.text or "" for mail in reversed(mails) if mail.recipient == to)
    found = re.search(r"/address/(\S+)", text)
    assert found
    return found[1]


def confirms(
    world: World, token: str, *, nonce: str | None = None, typing: str | None = None, current: CurrentSession | None = None
) -> Outcome:
    """Press yes."""
    with world.writing() as db:
        return confirm_change(db, token, nonce=nonce, typed_address=typing, current=current)


def undoes(world: World, token: str, *, nonce: str | None = None, typing: str | None = MARIA) -> Outcome:
    """Press "take it back"."""
    with world.writing() as db:
        return undo_change(db, token, nonce=nonce, typed_address=typing)


def settled(world: World, person_id: int) -> bool:
    """Whether something of weight may happen."""
    with world.reading() as db:
        return is_settled(db, person_id)


def changed(world: World, browser: Browser) -> tuple[CurrentSession, str]:
    """Maria has changed to her new address; her session, and the token that takes it back."""
    current = browser.signs_in()
    asks(world, browser, current)
    assert confirms(world, mailed(world, MARIA, "address_confirm"), nonce=browser.nonce) is Outcome.WAITS
    assert confirms(world, mailed(world, NEW, "address_confirm"), nonce=browser.nonce, current=current) is Outcome.DONE
    return current, mailed(world, MARIA, "address_changed")


def later(monkeypatch: pytest.MonkeyPatch, **span: float) -> None:
    """So much time goes by."""
    at = clock.now() + timedelta(**span)
    monkeypatch.setattr(clock, "now", lambda: at)


def test_a_change_is_told_though_one_that_is_gone_had_its_number(world: World, new_browser: Make) -> None:
    changed(world, new_browser())
    with world.writing() as db:
        # As an erasure does. SQLite begins anew with the numbers; the mails of before are still on file.
        db.execute(delete(AddressChange))
        db.execute(update(Mail).values(recipient="gone@example.org"))
    browser = new_browser()
    asks(world, browser, browser.signs_in(OLAV), "olav.new@example.net")
    assert mailed(world, OLAV, "address_confirm") != mailed(world, "olav.new@example.net", "address_confirm")


@pytest.mark.parametrize("order", [(MARIA, NEW), (NEW, MARIA)])
def test_both_mailboxes_have_to_say_yes_in_either_order(
    world: World, browser: Browser, new_browser: Make, order: tuple[str, str]
) -> None:
    current = browser.signs_in()
    asks(world, browser, current)
    one, two = (mailed(world, to, "address_confirm") for to in order)
    assert confirms(world, one, nonce=browser.nonce, current=current) is Outcome.WAITS
    assert confirms(world, one, nonce=browser.nonce, current=current) is Outcome.WAITS, "the same mailbox twice is one yes"
    assert new_browser().signs_in(NEW).person_id != current.person_id
    assert confirms(world, two, nonce=browser.nonce, current=current) is Outcome.DONE
    assert new_browser().signs_in(NEW).person_id == current.person_id


def test_C4_brief_access_to_the_mailbox_moves_nothing_of_weight_for_14_days(
    world: World, browser: Browser, new_browser: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    current, undo = changed(world, browser)
    assert not settled(world, current.person_id)
    thief = new_browser()
    assert thief.signs_in(NEW).person_id == current.person_id
    later(monkeypatch, days=13, hours=23)
    assert not settled(world, current.person_id)
    assert undoes(world, undo) is Outcome.UNDONE
    assert settled(world, current.person_id)
    assert thief.is_signed_in_as() is None
    assert new_browser().signs_in(NEW).person_id != current.person_id
    assert new_browser().signs_in(MARIA).person_id == current.person_id


def test_C4_after_14_days_it_is_settled_and_cannot_be_undone(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    current, undo = changed(world, browser)
    later(monkeypatch, days=14, seconds=1)
    assert settled(world, current.person_id)
    assert undoes(world, undo) is Outcome.ENDED


def test_C4_every_address_on_file_is_told_and_no_mail_names_an_address(world: World, browser: Browser) -> None:
    _current, undo = changed(world, browser)
    undoes(world, undo)
    with world.reading("all") as db:
        mails = db.scalars(select(Mail).where(Mail.template.like("address%"))).all()
    assert sorted((mail.template, mail.recipient) for mail in mails) == [
        ("address_changed", NEW),
        ("address_changed", MARIA),
        ("address_confirm", NEW),
        ("address_confirm", MARIA),
        ("address_undone", NEW),
        ("address_undone", MARIA),
    ]
    for mail in mails:
        for part in (mail.subject, mail.text, mail.html):
            assert MARIA not in (part or "") and NEW not in (part or "") and "maria" not in (part or "").lower()


def test_C4_while_a_change_can_be_undone_no_other_one_begins(world: World, browser: Browser, new_browser: Make) -> None:
    changed(world, browser)
    thief = new_browser()
    with pytest.raises(ChangeUnderWay):
        asks(world, thief, thief.signs_in(NEW), "third@example.net")


def test_C4_who_holds_the_new_mailbox_cannot_use_up_the_tries_of_the_old_one(world: World, browser: Browser) -> None:
    current = browser.signs_in()
    asks(world, browser, current)
    old, new = mailed(world, MARIA, "address_confirm"), mailed(world, NEW, "address_confirm")
    for _ in range(20):
        with world.writing() as db:
            stop_change(db, new, nonce=None, typed_address="guess@example.org")
    assert confirms(world, old, typing=MARIA) is Outcome.WAITS


def test_S14_what_was_confirmed_for_one_address_counts_for_no_other(world: World, browser: Browser) -> None:
    current = browser.signs_in()
    asks(world, browser, current)
    assert confirms(world, mailed(world, MARIA, "address_confirm"), nonce=browser.nonce) is Outcome.WAITS
    first_new = mailed(world, NEW, "address_confirm")
    asks(world, browser, current, "elsewhere@example.net")
    assert confirms(world, first_new, nonce=browser.nonce, current=current) is Outcome.ENDED
    elsewhere = mailed(world, "elsewhere@example.net", "address_confirm")
    assert confirms(world, elsewhere, nonce=browser.nonce, current=current) is Outcome.WAITS
    with world.reading() as db:
        assert mail_address_of(db, current.person_id) == MARIA


def test_S14_each_token_does_its_own_act_for_its_own_mailbox_only(world: World, browser: Browser) -> None:
    current, undo = changed(world, browser)
    assert confirms(world, undo, typing=MARIA) is Outcome.ENDED
    for token in (mailed(world, MARIA, "address_confirm"), mailed(world, NEW, "address_confirm")):
        assert undoes(world, token) is Outcome.ENDED
        assert confirms(world, token, nonce=browser.nonce, current=current) is Outcome.ENDED
    with world.writing(world.second) as db:
        assert undo_change(db, undo, nonce=None, typed_address=MARIA) is Outcome.ENDED
    assert undoes(world, undo, typing=NEW) is Outcome.ADDRESS_WRONG
    assert not settled(world, current.person_id)


def test_S5_the_new_mailbox_says_yes_only_by_who_asked_whoever_types_their_address_there(
    world: World, browser: Browser, new_browser: Make
) -> None:
    current = browser.signs_in()
    asks(world, browser, current)
    assert confirms(world, mailed(world, MARIA, "address_confirm"), nonce=browser.nonce) is Outcome.WAITS
    token, victim = mailed(world, NEW, "address_confirm"), new_browser()
    theirs = victim.signs_in(NEW)
    for nonce, who in (
        (None, None),
        (victim.nonce, theirs),
        (browser.nonce, theirs),
        (victim.nonce, current),
        (browser.nonce, None),
    ):
        assert confirms(world, token, nonce=nonce, typing=NEW, current=who) is Outcome.ONLY_WHERE_ASKED
    with world.reading() as db:
        shown = show_change(db, token, nonce=victim.nonce, current=theirs)
        assert shown is not None and not shown.may_confirm and shown.masked_old == "m•••a@example.org"
        assert mail_address_of(db, current.person_id) == MARIA


def types_code(world: World, browser: Browser, current: CurrentSession, code: str) -> Outcome:
    """Type the code of the mail to the new address."""
    with world.writing() as db:
        return confirm_by_code(db, current, code, nonce=browser.nonce)


def test_C2_where_several_people_may_use_the_mailbox_none_of_them_moves_the_address(world: World, browser: Browser) -> None:
    give_systems(world, shop=in_memory("newsletter.email"))
    current = browser.signs_in()
    with world.writing() as db:
        note_seen_alone(db, current.person_id, alone=False)
    before = world.rows("SELECT count(*) FROM mail")
    with world.writing() as db, pytest.raises(MayBeSeveral):
        ask_change(db, current, address=NEW, nonce=browser.nonce or "", user_agent=FIREFOX, language="en")
    assert world.rows("SELECT count(*) FROM address_change") == [(0,)]
    assert world.rows("SELECT count(*) FROM mail") == before


def test_S5_the_code_of_the_new_mailbox_counts_where_it_was_asked_for_and_five_times(
    world: World, browser: Browser, new_browser: Make
) -> None:
    current, other = browser.signs_in(), new_browser()
    asks(world, browser, current)
    assert confirms(world, mailed(world, MARIA, "address_confirm"), nonce=browser.nonce) is Outcome.WAITS
    code, wrong = code_mailed(world), "0000 0000"
    assert types_code(world, other, other.signs_in(), code) is Outcome.ONLY_WHERE_ASKED
    for _ in range(5):
        assert types_code(world, browser, current, wrong) is Outcome.CODE_WRONG
    assert types_code(world, browser, current, code) is Outcome.ENDED, "five tries, and the change is over"
    assert types_code(world, browser, current, code) is Outcome.ENDED
    asks(world, browser, current)
    assert types_code(world, browser, current, code) is Outcome.CODE_WRONG, "the code of one change is nothing to another"
    assert types_code(world, browser, current, code_mailed(world)) is Outcome.WAITS
    assert confirms(world, mailed(world, MARIA, "address_confirm"), nonce=browser.nonce) is Outcome.DONE


def code_mailed(world: World) -> str:
    """The code in the newest mail to the new address."""
    with world.reading("all") as db:
        mails = db.scalars(select(Mail).filter_by(template="address_confirm").order_by(Mail.id)).all()
    found = re.search(
        r"^(\d{4} \d{4})$", next(mail.text or "" for mail in reversed(mails) if mail.recipient == NEW), re.MULTILINE
    )
    assert found
    return found[1]


def test_S5_the_new_mailbox_can_undo_it_too_by_a_token_of_its_own(world: World, browser: Browser, new_browser: Make) -> None:
    current, _undo = changed(world, browser)
    undo = mailed(world, NEW, "address_changed")
    assert undoes(world, undo, typing=MARIA) is Outcome.ADDRESS_WRONG
    assert undoes(world, undo, typing=NEW) is Outcome.UNDONE
    assert new_browser().signs_in(NEW).person_id != current.person_id
    assert new_browser().signs_in(MARIA).person_id == current.person_id


def test_S5_a_session_by_the_address_that_was_left_ends_when_the_change_is_settled(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(world, browser)
    later(monkeypatch, days=13, hours=23, minutes=50)
    browser.signs_in(MARIA)
    assert browser.is_signed_in_as() is not None
    later(monkeypatch, minutes=11)
    assert browser.is_signed_in_as() is None


def test_S15_a_change_ends_every_session_but_the_one_that_asked(world: World, browser: Browser, new_browser: Make) -> None:
    thief = new_browser()
    thief.signs_in()
    current, _undo = changed(world, browser)
    assert thief.is_signed_in_as() is None
    assert (mine := browser.is_signed_in_as()) is not None
    assert mine.id == current.id


def test_S4_a_gateway_that_presses_every_button_changes_stops_and_undoes_nothing(world: World, browser: Browser) -> None:
    current = browser.signs_in()
    asks(world, browser, current)
    for to in (MARIA, NEW):
        token = mailed(world, to, "address_confirm")
        for nonce in (None, links.new_nonce()):
            wanted = Outcome.ADDRESS_WANTED if to == MARIA else Outcome.ONLY_WHERE_ASKED
            assert confirms(world, token, nonce=nonce) is wanted
            with world.writing() as db:
                assert stop_change(db, token, nonce=nonce) is Outcome.ADDRESS_WANTED
    for to in (MARIA, NEW):
        confirms(world, mailed(world, to, "address_confirm"), nonce=browser.nonce, current=current)
    for undo in (mailed(world, MARIA, "address_changed"), mailed(world, NEW, "address_changed")):
        for nonce in (None, browser.nonce):
            assert undoes(world, undo, nonce=nonce, typing=None) is Outcome.ADDRESS_WANTED
    assert not settled(world, current.person_id)


def test_L1_a_look_at_any_of_its_pages_changes_nothing(world: World, browser: Browser) -> None:
    current = browser.signs_in()
    asks(world, browser, current)
    before = world.everything_stored()
    with world.reading() as db:
        for to, side in ((MARIA, Side.OLD), (NEW, Side.NEW)):
            shown = show_change(db, mailed(world, to, "address_confirm"), nonce=browser.nonce, current=current)
            assert shown is not None and shown.side is side and shown.in_asking_browser and shown.may_confirm
            assert MARIA not in repr(shown) and NEW not in repr(shown)
    assert world.everything_stored() == before


def test_this_was_not_me_stops_it_from_either_mailbox(world: World, browser: Browser) -> None:
    current = browser.signs_in()
    for to in (MARIA, NEW):
        asks(world, browser, current)
        with world.writing() as db:
            assert stop_change(db, mailed(world, to, "address_confirm"), nonce=None, typed_address=to) is Outcome.STOPPED
        for each in (MARIA, NEW):
            token = mailed(world, each, "address_confirm")
            assert confirms(world, token, nonce=browser.nonce, current=current) is Outcome.ENDED


def test_a_change_waits_one_hour(world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    current = browser.signs_in()
    asks(world, browser, current)
    confirms(world, mailed(world, MARIA, "address_confirm"), nonce=browser.nonce)
    later(monkeypatch, minutes=61)
    token = mailed(world, NEW, "address_confirm")
    assert confirms(world, token, nonce=browser.nonce, current=current) is Outcome.ENDED


def test_an_address_that_was_only_ever_signed_in_with_joins_and_one_with_a_history_stays_apart(
    world: World, browser: Browser, new_browser: Make
) -> None:
    passing_by = new_browser().signs_in(NEW)
    current, _undo = changed(world, browser)
    with world.reading() as db:
        assert db.get(Person, passing_by.person_id) is None
        assert mail_address_of(db, current.person_id) == NEW
    settled_one = new_browser().signs_in(OLAV)
    with world.writing() as db:
        db.add(ConsentChain(person_id=settled_one.person_id, length=0, tip=bytes(32), received_at=clock.now()))
    other = new_browser()
    anna = other.signs_in("anna@example.org")
    asks(world, other, anna, OLAV)
    confirms(world, mailed(world, "anna@example.org", "address_confirm"), nonce=other.nonce)
    taken = confirms(world, mailed(world, OLAV, "address_confirm"), nonce=other.nonce, current=anna)
    assert taken is Outcome.TAKEN
    assert new_browser().signs_in(OLAV).person_id == settled_one.person_id
    assert new_browser().signs_in("anna@example.org").person_id == anna.person_id


def test_a_mailbox_given_out_anew_after_the_change_opens_nothing_of_its_former_owner(
    world: World, browser: Browser, new_browser: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    current, _undo = changed(world, browser)
    assert new_browser().signs_in(MARIA).person_id == current.person_id, "until it is settled the old address is theirs too"
    later(monkeypatch, days=14, seconds=1)
    assert new_browser().signs_in(MARIA).person_id != current.person_id
    assert new_browser().signs_in(NEW).person_id == current.person_id


def test_what_cannot_be_changed_to_is_refused_and_nothing_is_written(world: World, browser: Browser) -> None:
    current = browser.signs_in()
    with world.writing() as db:
        note_seen_alone(db, current.person_id, alone=True)
    before = world.everything_stored()
    with pytest.raises(SameAddress):
        asks(world, browser, current, MARIA.upper())
    with pytest.raises(AddressRefused):
        asks(world, browser, current, "rubbish")
    assert world.everything_stored() == before


def test_a_person_asks_three_times_a_day_and_a_mailbox_is_named_five_times(
    world: World, browser: Browser, new_browser: Make
) -> None:
    current = browser.signs_in()
    for _ in range(3):
        asks(world, browser, current)
    with pytest.raises(TooManyChanges):
        asks(world, browser, current)
    for number in range(3):
        other = new_browser()
        asks(world, other, other.signs_in(f"stranger{number}@example.org"))
    assert world.rows("SELECT count(*) FROM mail WHERE template = 'address_confirm'") == [(6 + 5,)]


def test_no_address_and_no_token_stands_in_the_table_in_clear(world: World, browser: Browser) -> None:
    changed(world, browser)
    stored = world.everything_stored()
    for word in (MARIA, NEW, mailed(world, MARIA, "address_changed")):
        assert word.encode() not in stored
