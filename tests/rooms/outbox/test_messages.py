"""What a mail looks like on the wire, and what can never get into it."""

import re
from pathlib import Path

import pytest

from portal.core import clock
from portal.outbox.delivery import deliver_due
from portal.outbox.demo import demo_mails
from portal.outbox.messages import Envelope, build_message
from portal.outbox.rendering import FOLDER, Letter, MailCannotBeWritten, render_letter
from portal.outbox.transports import ShowOnly, SmtpTransport, open_transport
from portal.settings import Mode
from tests.rooms.outbox.letters import LINK, mail, queue
from tests.rooms.outbox.mail_servers import GoodServer
from tests.rooms.world import World, make_settings

BREAKS = ["\n", "\r\n", "\r", "\r\nBcc: all@example.org", "\u2028", "\u2029", "\x85", "\x00"]
LETTER = Letter("Subject", "text\n", "<p>text</p>")


def test_a_mail_has_two_parts_and_the_headers_of_an_automatic_one(world: World, server: GoodServer) -> None:
    queue(world, thread="7KQ2-M9XD-4TBR")
    queue(world, "sign_in:2", thread="7KQ2-M9XD-4TBR")
    deliver_due(world.database, SmtpTransport(server.url))
    first, second = server.taken
    assert first.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in first.iter_parts()] == ["text/plain", "text/html"]
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Content-Language"] == "en"
    assert first["From"] == "First Coffee <privacy@first.example>"
    assert first["To"] == "maria@example.org"
    assert first["Date"]
    assert re.fullmatch(r"<[\w-]{43}@first\.example>", first["Message-ID"])
    assert first["Message-ID"] != second["Message-ID"]
    assert first["References"] == second["References"]
    assert "7KQ2" not in first["References"]
    assert "List-Unsubscribe" not in first


def test_both_parts_say_the_same_and_the_code_stands_in_no_header(world: World, server: GoodServer) -> None:
    queue(world)
    deliver_due(world.database, SmtpTransport(server.url))
    text, html = (part.get_content() for part in server.taken[0].iter_parts())
    for fact in ("4829 1305", "token-of-the-link", "Firefox on Android", "Bryggen 7", "privacy.first.example"):
        assert fact in text
        assert fact in html
    for header in server.taken[0].values():
        assert "4829" not in str(header)
    assert "4829" not in text.splitlines()[0]
    assert "<img" not in html
    assert "\n\n\n" not in text


@pytest.mark.parametrize("broken", BREAKS, ids=ascii)
def test_L12_no_line_break_gets_into_a_header(world: World, broken: str) -> None:
    company = world.company()
    evil = company.model_copy(
        update={"name": f"Coffee{broken}X", "sender": company.sender.model_copy(update={"name": f"A{broken}B"})}
    )
    ours = Envelope("maria@example.org", "<1@first.example>", None, "en", clock.now())
    with pytest.raises(MailCannotBeWritten):
        render_letter(evil, "sign_in", "en", LINK)
    for envelope, letter, of in (
        (Envelope(f"maria@example.org{broken}", "<1@first.example>", None, "en", clock.now()), LETTER, company),
        (ours, Letter(f"Sub{broken}ject", "text\n", "<p>"), company),
        (ours, LETTER, evil),
    ):
        with pytest.raises(MailCannotBeWritten):
            build_message(of, envelope, letter)


@pytest.mark.parametrize("to", ["maria@example.org, olav@example.org", "maria", "", "a@b@c", "x <maria@example.org>"])
def test_L12_a_mail_has_one_recipient(world: World, to: str) -> None:
    with pytest.raises(MailCannotBeWritten):
        queue(world, to=to)
    assert world.rows("SELECT count(*) FROM mail") == [(0,)]


@pytest.mark.parametrize("value", ["{{ 7*7 }}", "{% raw %}", "{0.__class__}", "%(x)s", "<script>alert(1)</script>", "&amp;"])
def test_H13_values_are_never_run_as_templates(world: World, value: str) -> None:
    letter = render_letter(world.company().model_copy(update={"name": value}), "sign_in", "en", {**LINK, "browser_words": value})
    assert value in letter.text
    assert value in letter.subject
    assert "49" not in letter.html.replace("#", "").split("</style>")[1].replace("4829", "")
    assert "<script>" not in letter.html


def test_a_mail_that_lacks_a_value_is_not_written(world: World) -> None:
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        render_letter(world.company(), "sign_in", "en", {"link": "x"})
    for name in ("../web", "no_such_mail/x", "", "Sign_In"):
        with pytest.raises(MailCannotBeWritten):
            render_letter(world.company(), name, "en", LINK)


def test_every_mail_has_its_three_parts() -> None:
    folders = [folder for folder in (FOLDER / "mail").iterdir() if folder.is_dir()]
    assert folders
    for folder in folders:
        assert {file.name for file in folder.iterdir()} == {"subject.txt", "body.txt", "body.html"}, Path(folder).name


def test_the_demo_shows_every_mail_and_sends_none(world: World) -> None:
    queue(world)
    queue(world, "sign_in:2", to="olav@example.org", company=world.second)
    assert deliver_due(world.database, ShowOnly()) == 2
    with world.reading("all") as db:
        newest, oldest = demo_mails(db)
    assert (newest.to, oldest.to) == ("olav@example.org", "maria@example.org")
    assert "4829 1305" in oldest.text
    assert oldest.headers["Subject"] == oldest.subject == "Your link to First Coffee"
    assert oldest.headers["Auto-Submitted"] == "auto-generated"
    assert mail(world).state == "shown"


def test_in_production_there_is_nothing_to_show(world: World, server: GoodServer) -> None:
    queue(world)
    deliver_due(world.database, SmtpTransport(server.url))
    with world.reading("all") as db:
        assert demo_mails(db) == []


def test_the_settings_choose_the_transport(world: World, server: GoodServer) -> None:
    folder = world.settings.files.parent
    assert isinstance(open_transport(make_settings(world.url, folder, Mode.DEMO, None)), ShowOnly)
    queue(world)
    assert deliver_due(world.database, open_transport(make_settings(world.url, folder, Mode.DEMO, server.url))) == 1
    assert len(server.taken) == 1
    with world.reading("all") as db:
        assert len(demo_mails(db)) == 1
    queue(world, "sign_in:2")
    assert deliver_due(world.database, open_transport(make_settings(world.url, folder, Mode.PRODUCTION, server.url))) == 1
    assert mail(world, "sign_in:2").text is None


def test_a_mail_speaks_the_language_it_was_asked_in(world: World, server: GoodServer) -> None:
    queue(world)
    queue(world, "sign_in:2", language="de")
    deliver_due(world.database, SmtpTransport(server.url))
    english, german = server.taken
    assert (english["Content-Language"], german["Content-Language"]) == ("en", "de")
    assert english["Subject"] != german["Subject"]
    assert 'lang="de"' in list(german.iter_parts())[1].get_content()
