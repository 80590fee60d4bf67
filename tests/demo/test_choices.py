"""A choice reaches the systems of both demo companies, and the mail tool tells what it sent."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

import demo
from demo import stars
from portal.adapters.contract import Adapter, ChoiceToWrite, Identifier, Place, Subject
from portal.adapters.registry import open_adapter
from portal.config import load_config
from portal.core import clock
from tests.demo.test_configuration import COMPANIES, SQL


@pytest.fixture
def own(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demo's databases once more, to be written to."""
    for file in folder.glob("*.db"):
        shutil.copy(file, tmp_path)
    for name, url in demo.environment(tmp_path).items():
        monkeypatch.setenv(name, url)
    return tmp_path


def system(company: str, key: str) -> Adapter:
    return open_adapter(Place(load_config(demo.CONFIG), company, key))


def ask(folder: Path, name: str, question: str, **values: object) -> list[tuple[object, ...]]:
    engine = create_engine(demo.environment(folder)[name])
    with engine.connect() as db:
        found = [tuple(row) for row in db.execute(text(question), values)]
    engine.dispose()
    return found


def choice(purpose: str, channel: str, sequence: int, *, allowed: bool) -> ChoiceToWrite:
    return ChoiceToWrite(purpose, channel, "", allowed, sequence, clock.now())


MAREN, ANNA = Subject((Identifier("email", stars.MAREN.email),)), Subject((Identifier("email", stars.ANNA.email),))
CONTACT = "SELECT status FROM contacts WHERE email = :email"


def test_marens_no_and_yes_reach_shop_and_mail_tool(own: Path) -> None:
    for sequence, (allowed, there) in enumerate(((False, "unsubscribed"), (True, "active")), 1):
        for key in ("mail_tool", "shop"):
            said = system("fjordkaffe", key).write_consent(
                MAREN, choice("newsletter", "email", sequence, allowed=allowed), idempotency_key="s"
            )
            assert (said.found, said.confirmed) == (True, True), key
        assert ask(own, "DEMO_FJORDKAFFE_MAIL_URL", CONTACT, email=stars.MAREN.email.lower()) == [(there,)]
    shop = "SELECT status FROM newsletter_subscriptions WHERE email = :email"
    assert ask(own, "DEMO_FJORDKAFFE_SHOP_URL", shop, email=stars.MAREN.email) == [("subscribed",)]


def test_who_never_was_on_the_newsletter_gets_a_contact_by_saying_yes(own: Path) -> None:
    new = Subject((Identifier("email", "new.reader@example.com"),))
    assert (
        system("fjordkaffe", "mail_tool")
        .write_consent(new, choice("newsletter", "email", 1, allowed=True), idempotency_key="s")
        .confirmed
    )
    assert ask(own, "DEMO_FJORDKAFFE_MAIL_URL", CONTACT, email="new.reader@example.com") == [("active",)]
    assert (
        not system("fjordkaffe", "shop")
        .write_consent(new, choice("newsletter", "email", 1, allowed=True), idempotency_key="s")
        .found
    )


def test_annas_choices_stand_in_the_office_each_in_its_row(own: Path) -> None:
    office = system("alpenrad", "office")
    assert office.write_consent(ANNA, choice("newsletter", "email", 1, allowed=False), idempotency_key="s").confirmed
    assert office.write_consent(ANNA, choice("inspection_reminder", "email", 2, allowed=True), idempotency_key="s").confirmed
    rows = "SELECT zweck, weg, antwort FROM einwilligung WHERE kontakt_nr = :number ORDER BY zweck, weg"
    assert ask(own, "DEMO_ALPENRAD_CRM_URL", rows, number=stars.ANNA.customer_number) == [
        ("Inspektion", "E-Mail", "ja"),
        ("Inspektion", "Telefon", "nein"),
        ("Rundbrief", "E-Mail", "nein"),
    ]


def test_the_mail_tool_counts_what_it_sent_maren_in_keys_that_the_company_knows(own: Path) -> None:
    counts = system("fjordkaffe", "mail_tool").sent_counts(MAREN, since=clock.now() - timedelta(days=300))
    purposes = COMPANIES["fjordkaffe"].purposes
    assert sum(one.count for one in counts) > 10
    for one in counts:
        assert one.channel in purposes[one.purpose].channels
        assert one.topic in purposes[one.purpose].topics


@pytest.mark.parametrize(("company", "key"), SQL)
def test_the_check_has_nothing_to_say_about_choices(own: Path, company: str, key: str) -> None:
    assert [problem for problem in system(company, key).check().problems if "Choices" in problem or "Messages" in problem] == []
    can = system(company, key).can
    assert can.consent
    assert can.sent_counts is (key == "mail_tool")
