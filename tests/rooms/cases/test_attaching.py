"""Files of messages at rest: sealed under keys of their own, rotated, and gone with the case or the person."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts import registry
from portal.cases.advancing import close_case
from portal.cases.answering import answer_case
from portal.cases.attaching import FileNotTaken, NoSuchFile, TooManyFiles, files_of, open_file
from portal.cases.file_model import CaseFile
from portal.cases.messages import add_message, messages_for, messages_of, open_file_for
from portal.cases.model import Author, Case, CaseMessage, CaseState
from portal.cases.pruning import prune_cases
from portal.cases.reading import read_held
from portal.core import clock, crypto
from portal.core.crypto import CannotDecrypt
from portal.core.db import ALL_COMPANIES
from portal.core.uploads import Upload
from portal.identity.sessions import CurrentSession
from portal.people.keys import bring_under_newest, used_key_ids
from tests.attachments import PDF, SVG, TEXT
from tests.rooms.cases.conftest import House
from tests.rooms.cases.shop import COUPLE, NOBODY
from tests.rooms.cases.test_messages import ask, case_of

NAME = "Umbrella-invoice.pdf"


def write(house: House, number: str, current: CurrentSession, files: Sequence[Upload]) -> None:
    with house.world.writing() as db:
        case = db.query(Case).filter_by(number=number).one()
        add_message(db, case, author=Author.PERSON, text="See this.", session_id=current.id, files=files)


def file_numbers(house: House, number: str) -> list[str]:
    case = case_of(house, number)
    with house.world.reading() as db:
        return [one.number for files in files_of(db, case).values() for one in files]


def opened(house: House, number: str, file: str) -> bytes:
    case = case_of(house, number)
    with house.world.reading() as db:
        return open_file(db, case, file).content


def test_name_and_content_are_sealed_and_come_back(house: House) -> None:
    current = house.sign_in(NOBODY)
    number = ask(house, current)
    write(house, number, current, [Upload(NAME, PDF), Upload("a.txt", TEXT)])
    stored = house.world.everything_stored()
    assert not [part for part in (NAME.encode(), PDF, b"startxref", TEXT, b"line two") if part in stored]
    assert [opened(house, number, file) for file in file_numbers(house, number)] == [PDF, TEXT]
    case = case_of(house, number)
    with house.world.reading() as db:
        shown = [(file.name, file.kind.value, file.size) for message in messages_of(db, case) for file in message.files]
    assert shown == [(NAME, "pdf", len(PDF)), ("a.txt", "text", len(TEXT))]


def test_a_content_that_was_moved_to_another_file_opens_nothing(house: House) -> None:
    current = house.sign_in(NOBODY)
    number = ask(house, current)
    write(house, number, current, [Upload(NAME, PDF), Upload("a.txt", TEXT)])
    with house.world.writing() as db:
        one, other = db.scalars(select(CaseFile).order_by(CaseFile.id))
        one.content, one.key = other.content, other.key
    with pytest.raises(CannotDecrypt):
        opened(house, number, file_numbers(house, number)[0])


def test_a_rotation_of_keys_needs_only_the_key_of_the_file(house: House) -> None:
    current = house.sign_in(NOBODY)
    number = ask(house, current)
    write(house, number, current, [Upload(NAME, PDF)])
    before = house.world.rows("SELECT content FROM case_file")
    old = crypto.keys().newest("data")[0]
    crypto.use_keys(crypto.keys().with_new_key("data"))
    bring_under_newest(house.world.database, "data")
    with house.world.database.reading(ALL_COMPANIES) as db:
        assert old not in used_key_ids(db)["data"]
    crypto.use_keys(crypto.keys().without_key("data", old))
    assert opened(house, number, file_numbers(house, number)[0]) == PDF
    assert house.world.rows("SELECT content FROM case_file") == before


@pytest.mark.parametrize(
    ("files", "refusal"),
    [([Upload("a.pdf", PDF), Upload("b.svg", SVG)], FileNotTaken), ([Upload("a.pdf", PDF)] * 4, TooManyFiles)],
)
def test_what_is_refused_stores_neither_words_nor_files_at_any_door(
    house: House, files: list[Upload], refusal: type[Exception]
) -> None:
    current = house.sign_in(NOBODY)
    number = ask(house, current)
    with pytest.raises(refusal):
        write(house, number, current, files)
    with pytest.raises(refusal), house.world.writing() as db:
        answer_case(db, number, text="Here.", actor="staff-7", files=files)
    with house.world.reading() as db:
        assert db.scalars(select(CaseFile)).all() == [] and len(db.scalars(select(CaseMessage)).all()) == 1


def test_files_go_with_the_case_when_its_time_is_over(house: House) -> None:
    current = house.sign_in(NOBODY)
    number = ask(house, current)
    write(house, number, current, [Upload(NAME, PDF)])
    with house.world.writing() as db:
        close_case(db.query(Case).filter_by(number=number).one(), CaseState.ANSWERED)
    for days, left in ((365, 1), (3 * 366, 0)):
        with clock.moved(timedelta(days=days)), house.world.writing() as db:
            prune_cases(db, registry.company(house.world.first))
        assert house.world.rows("SELECT count(*) FROM case_file") == [(left,)]


def test_C2_who_uses_the_same_mailbox_neither_sees_nor_opens_what_the_other_sent(house: House) -> None:
    one, other = house.sign_in(COUPLE), house.sign_in(COUPLE)
    read_held(house.world.database, house.reader(one))
    number = ask(house, one)
    write(house, number, one, [Upload(NAME, PDF)])
    case, (file,) = case_of(house, number), file_numbers(house, number)
    with house.world.reading() as db:
        assert open_file_for(db, case, one.id, file).content == PDF
        assert [(message.text, message.files) for message in messages_for(db, case, other.id)] == [(None, ()), (None, ())]
        for current, asked in ((other, file), (one, "AAAA-BBBB-CCCC")):
            with pytest.raises(NoSuchFile):
                open_file_for(db, case, current.id, asked)


def test_the_other_company_has_no_such_file(house: House) -> None:
    current = house.sign_in(NOBODY)
    number = ask(house, current)
    write(house, number, current, [Upload(NAME, PDF)])
    case, (file,) = case_of(house, number), file_numbers(house, number)
    with house.world.reading(house.world.second) as db, pytest.raises(NoSuchFile):
        open_file(db, case, file)
