"""A mail is sent once, later if it must be, and gone from the row when it is out."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from portal.core import clock
from portal.outbox import delivery, transports
from portal.outbox.delivery import deliver_due
from portal.outbox.pruning import prune_mails
from portal.outbox.service import queue_mail
from portal.outbox.transports import SmtpTransport
from tests import nursery
from tests.rooms.outbox import mail_servers
from tests.rooms.outbox.letters import LINK, mail, queue
from tests.rooms.outbox.mail_servers import BadServer, GoodServer, good_server
from tests.rooms.world import World, environment_of


def test_a_mail_reaches_its_recipient_and_nothing_of_it_stays(world: World, server: GoodServer) -> None:
    queue(world)
    assert deliver_due(world.database, SmtpTransport(server.url)) == 1
    assert server.recipients == ["maria@example.org"]
    assert server.senders == ["privacy@first.example"]
    row = mail(world)
    assert (row.state, row.key, row.template) == ("sent", "sign_in:1", "sign_in")
    assert (row.recipient, row.subject, row.text, row.html) == (None, None, None, None)
    assert row.message_id == server.taken[0]["Message-ID"]
    assert deliver_due(world.database, SmtpTransport(server.url)) == 0


def test_nothing_waits_in_clear(world: World) -> None:
    queue(world)
    stored = world.everything_stored()
    for secret in (b"maria", b"4829 1305", b"token-of-the-link"):
        assert secret not in stored


def test_what_is_rolled_back_is_never_sent(world: World, server: GoodServer) -> None:
    db = world.database.open_to_write(world.first)
    queue_mail(db, template="sign_in", to="maria@example.org", language="en", key="x", context=LINK)
    db.rollback()
    db.close()
    assert deliver_due(world.database, SmtpTransport(server.url)) == 0
    assert server.taken == []


def test_E2_one_thing_is_written_of_once(world: World, server: GoodServer) -> None:
    queue(world)
    queue(world, code="1111 1111")
    queue(world, company=world.second)
    assert deliver_due(world.database, SmtpTransport(server.url)) == 2
    assert server.senders == ["privacy@first.example", "privacy@second.example"]
    queue(world)
    assert deliver_due(world.database, SmtpTransport(server.url)) == 0


@pytest.mark.parametrize(("answer", "code"), [("550 no such user maria@example.org", "smtp-550"), ("553 bad", "smtp-553")])
def test_a_recipient_refused_for_good_ends_the_mail_and_not_the_round(
    world: World, server: GoodServer, answer: str, code: str
) -> None:
    server.to_recipient = lambda address: answer if address.startswith("maria") else "250 OK"
    queue(world)
    queue(world, "sign_in:2", to="olav@example.org")
    assert deliver_due(world.database, SmtpTransport(server.url)) == 2
    assert server.recipients == ["olav@example.org"]
    row = mail(world)
    assert (row.state, row.error, row.recipient, row.text) == ("failed", code, None, None)


def test_a_recipient_put_off_is_tried_again_later_and_others_go_on(world: World, server: GoodServer) -> None:
    server.to_recipient = lambda address: "450 try later" if address.startswith("maria") else "250 OK"
    queue(world)
    queue(world, "sign_in:2", to="olav@example.org")
    assert deliver_due(world.database, SmtpTransport(server.url)) == 2
    assert (mail(world).state, mail(world).error) == ("queued", "smtp-450")
    assert deliver_due(world.database, SmtpTransport(server.url)) == 0
    server.to_recipient = lambda address: "250 OK"
    with clock.moved(timedelta(seconds=6)):
        assert deliver_due(world.database, SmtpTransport(server.url)) == 1
    assert sorted(server.recipients) == ["maria@example.org", "olav@example.org"]


def test_a_message_refused_for_good_ends_there(world: World, server: GoodServer) -> None:
    server.to_message = "554 we do not like it"
    queue(world)
    deliver_due(world.database, SmtpTransport(server.url))
    assert (mail(world).state, mail(world).error) == ("failed", "smtp-554")


def test_a_refused_sender_is_the_companys_to_mend_and_loses_no_mail(world: World, server: GoodServer) -> None:
    server.to_sender = "550 not you"
    queue(world)
    deliver_due(world.database, SmtpTransport(server.url))
    assert (mail(world).state, mail(world).error) == ("queued", "smtp-sender-550")
    server.to_sender = "250 OK"
    with clock.moved(timedelta(minutes=1)):
        deliver_due(world.database, SmtpTransport(server.url))
    assert len(server.taken) == 1


def test_waits_grow_and_end_after_four_days(world: World, server: GoodServer) -> None:
    server.to_recipient = lambda address: "451 later"
    queue(world)
    moved, waits = timedelta(), []
    while mail(world).state == "queued":
        with clock.moved(moved):
            assert deliver_due(world.database, SmtpTransport(server.url)) == 1
            waits.append(round((mail(world).next_at - clock.now()).total_seconds()))
        moved += timedelta(seconds=max(waits[-1], 0) + 1)
    assert waits[:-1] == sorted(waits[:-1])
    assert waits[:3] == [5, 15, 45]
    assert timedelta(days=4) < moved < timedelta(days=5)
    row = mail(world)
    assert (row.state, row.error, row.text) == ("failed", "given-up", None)


def test_a_link_that_is_over_is_not_sent_any_more(world: World, server: GoodServer) -> None:
    queue(world, not_after=clock.now() + timedelta(minutes=10))
    with clock.moved(timedelta(minutes=11)):
        assert deliver_due(world.database, SmtpTransport(server.url)) == 1
    assert server.taken == []
    assert (mail(world).state, mail(world).error, mail(world).text) == ("failed", "too-late", None)


BAD = {
    "says nothing": mail_servers.says_nothing,
    "drips": mail_servers.drips,
    "talks rubbish": mail_servers.talks_rubbish,
    "drops in the middle of DATA": mail_servers.drops_in_the_middle_of_data,
    "takes and never says so": mail_servers.takes_and_never_says_so,
}


@pytest.mark.parametrize("behave", BAD.values(), ids=BAD.keys())
def test_a_server_that_fails_loses_nothing_and_holds_nobody_up(
    world: World, server: GoodServer, behave: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(world)
    queue(world, "sign_in:2", to="olav@example.org")
    with BadServer(behave) as bad, monkeypatch.context() as short:
        short.setattr(transports, "DEADLINE_SECONDS", 0.6)
        short.setattr(transports, "SOCKET_SECONDS", 0.5)
        # One look is enough: the second mail is not even tried while the server is down.
        assert deliver_due(world.database, SmtpTransport(bad.url)) == 1
    assert mail(world).state == "queued"
    assert (mail(world).error or "").startswith("smtp-")
    with clock.moved(timedelta(seconds=6)):
        assert deliver_due(world.database, SmtpTransport(server.url)) == 2
    assert sorted(server.recipients) == ["maria@example.org", "olav@example.org"]


def test_a_server_that_is_not_there_is_tried_again(world: World, server: GoodServer) -> None:
    queue(world)
    assert deliver_due(world.database, SmtpTransport("smtp://127.0.0.1:1?tls=off")) == 1
    assert (mail(world).state, mail(world).error) == ("queued", "smtp-connect")
    with clock.moved(timedelta(seconds=6)):
        assert deliver_due(world.database, SmtpTransport(server.url)) == 1


def test_a_server_without_tls_gets_nothing_where_tls_is_asked_for(world: World, server: GoodServer) -> None:
    queue(world)
    deliver_due(world.database, SmtpTransport(server.url.replace("tls=off", "tls=starttls")))
    assert server.taken == []
    assert (mail(world).state, mail(world).error) == ("queued", "smtp-connect")


def test_a_server_that_wants_no_password_of_ours_gets_no_mail(world: World, server: GoodServer) -> None:
    queue(world)
    deliver_due(world.database, SmtpTransport(server.url.replace("smtp://", "smtp://user:pass@")))
    assert server.taken == []
    assert mail(world).state == "queued"


def test_an_address_with_other_letters_goes_where_the_server_knows_of_such(world: World, server: GoodServer) -> None:
    queue(world, to="josé@example.org")
    assert deliver_due(world.database, SmtpTransport(server.url)) == 1
    assert server.recipients == ["josé@example.org"]
    queue(world, "sign_in:2", to="josé@example.org")
    with good_server(utf8=False) as old:
        deliver_due(world.database, SmtpTransport(old.url))
    assert (mail(world, "sign_in:2").state, mail(world, "sign_in:2").error) == ("failed", "smtp-utf8")


def test_E2_a_sender_killed_between_claim_and_send_loses_nothing_and_sends_nothing_twice(
    world: World, server: GoodServer
) -> None:
    queue(world)
    with BadServer(mail_servers.says_nothing) as silent:
        sender = nursery.start("tests.rooms.outbox.sender", [silent.url], environment_of(world))
        assert silent.connected.wait(30)
        sender.kill()
        sender.wait(10)
    assert mail(world).state == "sending"
    assert deliver_due(world.database, SmtpTransport(server.url)) == 0
    with clock.moved(delivery.LEASE + timedelta(seconds=1)):
        assert deliver_due(world.database, SmtpTransport(server.url)) == 1
        assert deliver_due(world.database, SmtpTransport(server.url)) == 0
    assert len(server.taken) == 1
    assert (mail(world).state, mail(world).tries, mail(world).fence) == ("sent", 2, 2)


def test_E2_a_sender_whose_lease_ended_cannot_write_over_the_next_ones_result(world: World, server: GoodServer) -> None:
    queue(world)
    slow = delivery._claim_one(world.database)
    assert slow is not None
    with clock.moved(delivery.LEASE + timedelta(seconds=1)):
        assert deliver_due(world.database, SmtpTransport(server.url)) == 1
    delivery._put_back(world.database, slow, "smtp-451")
    assert mail(world).state == "sent"


@pytest.mark.sampled
def test_E2_several_senders_at_once_send_each_mail_once(world: World, server: GoodServer) -> None:
    for number in range(30):
        queue(world, f"sign_in:{number}", to=f"person{number}@example.org")
    senders = [nursery.start("tests.rooms.outbox.sender", [server.url], environment_of(world)) for _ in range(3)]
    assert [sender.wait(60) for sender in senders] == [0, 0, 0]
    assert deliver_due(world.database, SmtpTransport(server.url)) == 0
    assert Counter(server.recipients) == {f"person{number}@example.org": 1 for number in range(30)}


def test_rows_of_mails_go_when_their_retention_is_over(world: World, server: GoodServer) -> None:
    queue(world)
    deliver_due(world.database, SmtpTransport(server.url))
    queue(world, "sign_in:2")
    company = world.company()
    with clock.moved(timedelta(days=29)), world.writing() as db:
        assert prune_mails(db, company) == 0
    with clock.moved(timedelta(days=31)), world.writing() as db:
        assert prune_mails(db, company) == 1
    assert mail(world, "sign_in:2").state == "queued"
