"""A company's systems are told what happened: signed, thin, again and again, and never somewhere inside."""

import json
import socket
import threading
import time
from datetime import timedelta
from email.utils import format_datetime

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from portal.core import clock
from portal.core.errors import PortalError
from portal.outbox.outside import AddressNotAllowed, is_open_internet, refuse_address
from portal.outbox.webhook_delivery import LARGEST_ANSWER, WAITS, Caller, Deliveries, NotTaken, deliver_webhooks
from portal.outbox.webhook_model import WebhookMessage
from portal.outbox.webhooks import (
    NoSuchMessage,
    UnknownKind,
    add_endpoint,
    announce,
    endpoint,
    listeners,
    messages_of,
    remove_endpoint,
    rotate_secret,
    send_again,
)
from portal.settings import Mode, use_settings
from tests.rooms.at_once import before
from tests.rooms.outbox.receivers import receiver
from tests.rooms.world import make_settings


@pytest.fixture
def hook():
    with receiver() as running:
        yield running


@pytest.fixture
def shop(world, hook, tmp_path):
    """An endpoint of the first company, in the mode in which loopback may be called."""
    use_settings(make_settings(world.url, tmp_path, mode=Mode.DEMO))
    with world.writing() as db:
        return add_endpoint(db, hook.url, kinds=["case.opened", "consent.changed"])


@pytest.fixture
def caller():
    own = Caller(loopback=True, deadline=1.0)
    yield own
    own.close()


def tell(world, number="7KQ2-M9XD-4TBR"):
    with world.writing() as db:
        announce(db, "case.opened", lambda: {"case": number})


def told(world, shop):
    with world.reading() as db:
        return [message for _cursor, message in messages_of(db, shop.public_id)]


def test_what_is_told_is_signed_as_an_outsider_checks_it_and_holds_ids_only(world, shop, hook, caller):
    tell(world)
    assert deliver_webhooks(world.database, caller) == 1
    headers, body = hook.taken[0]
    assert Webhook(shop.secret).verify(body, headers)["data"] == {"case": "7KQ2-M9XD-4TBR"}
    assert json.loads(body).keys() == {"type", "timestamp", "data"}
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 43 + "=").verify(body, headers)
    assert told(world, shop)[0].state == "delivered"
    assert deliver_webhooks(world.database, caller) == 0


def test_an_endpoint_hears_only_what_it_wants_and_only_of_its_company(world, shop, hook, caller):
    with world.writing() as db:
        announce(db, "case.changed", lambda: {"case": "x"})
        with pytest.raises(UnknownKind):
            announce(db, "person.address", lambda: {"email": "x"})
    with world.writing(world.second) as db:
        announce(db, "case.opened", lambda: {"case": "x"})
    assert deliver_webhooks(world.database, caller) == 0
    assert hook.taken == []


def test_the_message_is_there_only_where_its_act_was_committed(world, shop, hook, caller):
    with world.database.open_to_write(world.first) as db:
        announce(db, "case.opened", lambda: {"case": "x"})
        db.rollback()
    assert deliver_webhooks(world.database, caller) == 0


def test_tries_follow_the_schedule_for_three_days_with_one_id_and_then_the_message_is_dead_and_can_be_sent_again(
    world, shop, hook, caller
):
    hook.status = 500
    tell(world)
    passed = timedelta()
    for wait in (timedelta(), *WAITS):
        passed += wait * 1.21
        with clock.moved(passed):
            assert deliver_webhooks(world.database, caller) == 1
            assert deliver_webhooks(world.database, caller) == 0
    assert timedelta(days=3) < sum(WAITS, timedelta()) < timedelta(days=4)
    assert len({headers["webhook-id"] for headers, _ in hook.taken}) == 1
    assert len({body for _, body in hook.taken}) == 1
    dead = told(world, shop)[0]
    assert (dead.state, dead.failure, dead.tries) == ("dead", "refused", len(WAITS) + 1)
    hook.status = 200
    with world.writing() as db:
        send_again(db, dead.message_id)
    with clock.moved(passed):
        assert deliver_webhooks(world.database, caller) == 1
    assert hook.taken[-1][0]["webhook-id"] == dead.message_id
    assert told(world, shop)[0].state == "delivered"
    with world.writing(world.second) as db, pytest.raises(NoSuchMessage):
        send_again(db, dead.message_id)


def test_retry_after_is_honoured_and_never_longer_than_a_day(world, shop, hook, caller):
    hook.status, hook.headers = 429, {"Retry-After": "4000"}
    tell(world)
    deliver_webhooks(world.database, caller)
    with clock.moved(timedelta(seconds=3900)):
        assert deliver_webhooks(world.database, caller) == 0
    with clock.moved(timedelta(seconds=4100)):
        assert deliver_webhooks(world.database, caller) == 1
    hook.headers = {"Retry-After": "999999999"}
    with clock.moved(timedelta(days=1)):
        assert deliver_webhooks(world.database, caller) == 1
    with clock.moved(timedelta(days=2, minutes=1)):
        assert deliver_webhooks(world.database, caller) == 1


def test_retry_after_may_be_a_moment(world, shop, hook, caller):
    hook.status, hook.headers = 503, {"Retry-After": format_datetime(clock.now() + timedelta(seconds=4000), usegmt=True)}
    tell(world)
    deliver_webhooks(world.database, caller)
    with clock.moved(timedelta(seconds=3900)):
        assert deliver_webhooks(world.database, caller) == 0
    with clock.moved(timedelta(seconds=4100)):
        assert deliver_webhooks(world.database, caller) == 1


def test_410_ends_the_endpoint_and_what_it_still_had_to_hear(world, shop, hook, caller):
    hook.status = 410
    tell(world)
    tell(world)
    assert deliver_webhooks(world.database, caller) == 1
    with world.reading() as db:
        assert endpoint(db, shop.public_id).disabled_why == "gone"
    tell_of_old(world, shop)
    deliver_webhooks(world.database, caller)
    assert [message.state for message in told(world, shop)] == ["dead"] * 5
    assert len(hook.taken) == 1
    tell(world)
    assert len(told(world, shop)) == 5


def tell_of_old(world, shop):
    """What was queued just before the endpoint ended."""
    with world.writing() as db:
        for number in range(3):
            now = clock.now()
            row = endpoint(db, shop.public_id)
            db.add(
                WebhookMessage(
                    endpoint_id=row.id, message_id=f"msg_{number}", kind="case.opened", data={}, next_at=now, created_at=now
                )
            )


def test_during_a_rotation_both_secrets_sign_and_afterwards_only_the_new_one(world, shop, hook, caller):
    with world.writing() as db:
        newer = rotate_secret(db, shop.public_id)
    tell(world)
    deliver_webhooks(world.database, caller)
    headers, body = hook.taken[-1]
    for secret in (shop.secret, newer.secret):
        Webhook(secret).verify(body, headers)
    assert len(headers["webhook-signature"].split()) == 2
    with clock.moved(timedelta(days=2)):
        tell(world)
        deliver_webhooks(world.database, caller)
    assert len(hook.taken[-1][0]["webhook-signature"].split()) == 1


def test_A12_no_redirect_is_followed(world, shop, hook, caller):
    with receiver() as elsewhere:
        hook.status, hook.headers = 307, {"Location": elsewhere.url}
        tell(world)
        deliver_webhooks(world.database, caller)
        assert elsewhere.asked == []
    assert told(world, shop)[0].failure == "refused"


@pytest.mark.parametrize("body", ["drip", "endless"])
def test_A13_a_receiver_that_drips_or_never_ends_costs_a_moment_and_is_told_by_class_only(world, shop, hook, caller, body):
    hook.status, hook.body = 200, body
    tell(world)
    began = time.monotonic()
    deliver_webhooks(world.database, caller)
    assert time.monotonic() - began < 5
    message = told(world, shop)[0]
    assert message.state == ("waiting" if body == "drip" else "delivered")
    assert message.failure in (None, "no_answer")
    assert LARGEST_ANSWER < 100_000


def test_A13_while_a_receiver_hangs_another_endpoint_hears_everything(world, shop, hook):
    patient = Caller(loopback=True, deadline=6.0)
    deliveries = Deliveries(world.database, patient)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with world.writing() as db:
            hanging = add_endpoint(db, f"http://127.0.0.1:{silent.getsockname()[1]}/", kinds=["case.opened"])
        for _ in range(10):
            tell(world)
        assert deliveries.start_due() == 2
        wait_until(lambda: len(hook.taken) == 10)
        tell(world)
        wait_until(lambda: deliveries.start_due() == 0 and len(hook.taken) == 11)
        assert {message.state for message in told(world, shop)} == {"delivered"}
        assert sorted(message.state for message in told(world, hanging)) == ["sending"] + ["waiting"] * 10
    deliveries.close()


def wait_until(come_true, seconds=5):
    until = time.monotonic() + seconds
    while not come_true():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.9",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
        ),
        *(
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
        ),
        *(
            "::127.0.0.1",
            "2001:db8::1",
            "fe80::1%eth0",
            "2001:0:7f00:1::80ff:fffe",
            "fec0::1",
            "192.0.0.8",
            "192.88.99.1",
            "3fff::1",
            "::ffff:0:10.0.0.1",
            "64:ff9b:1::a00:1",
        ),
    ],
)
def test_A12_addresses_inside_are_never_called_however_they_are_written(address):
    assert not is_open_internet(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_addresses_of_the_open_internet_may_be_called(address):
    assert is_open_internet(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.example.com/", "ftp://x.example/", "https://user@hooks.example.com/", "https://hooks.example.com/#x"),
        *(
            "https:///x",
            "https://hooks.example.com:0/",
            "https://hooks.example.com\\@127.0.0.1/",
            "https://höhe.example/",
            "javascript:x",
        ),
        *("https://hooks.example.com/ x", "https://x.example/" + "a" * 600, "//hooks.example.com/", "https://[::1/", ""),
        "http://127.0.0.1/",
        *(
            "https://10.0.0.1/",
            "https://127.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://017700000001/",
            "https://127.0.0.1./",
            "https://[::]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[2002:a00:1::]/",
            "https://[fe80::1%25eth0]/",
        ),
    ],
)
def test_A12_only_plain_https_addresses_are_taken(url):
    with pytest.raises(AddressNotAllowed):
        refuse_address(url, loopback=False)


def test_A12_a_name_that_answers_differently_a_moment_later_leads_nowhere(world, shop, hook):
    port = int(hook.url.split(":")[2].split("/")[0])
    answers = iter([["93.184.215.14", "127.0.0.1"], ["127.0.0.1"], ["::ffff:127.0.0.1"], ["0177.0.0.1"], []])
    rebinding = Caller(loopback=False, resolver=lambda host, port: next(answers), deadline=2.0)
    for _ in range(5):
        with pytest.raises(PortalError) as caught:
            rebinding.send(f"https://rebind.example:{port}/hook", b"{}", {})
        assert caught.value.__context__ is None
    assert hook.asked == []
    rebinding.close()


def test_A13_a_look_up_that_never_ends_costs_no_longer_than_the_deadline():
    ended = threading.Event()
    caller = Caller(loopback=False, resolver=lambda host, port: [str(ended.wait(30))], deadline=0.3)
    began = time.monotonic()
    with pytest.raises(NotTaken) as caught:
        caller.send("https://slow.example/hook", b"{}", {})
    ended.set()
    caller.close()
    assert caught.value.failure == "no_answer"
    assert time.monotonic() - began < 5


def test_of_several_addresses_the_next_is_tried_where_one_cannot_be_reached(world, shop, hook):
    caller = Caller(loopback=True, resolver=lambda host, port: ["127.0.0.2", "127.0.0.1"])
    tell(world)
    deliver_webhooks(world.database, caller)
    caller.close()
    assert told(world, shop)[0].state == "delivered"


def test_A12_no_proxy_of_the_environment_is_used(world, shop, hook, caller, monkeypatch):
    with receiver() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        tell(world)
        deliver_webhooks(world.database, caller)
        assert proxy.asked == []
    assert len(hook.taken) == 1


def test_A11_url_and_secret_stand_in_no_table_in_clear(world, shop, hook):
    tell(world)
    stored = world.everything_stored()
    assert shop.secret.encode() not in stored
    assert hook.url.encode() not in stored


def test_a_removed_endpoint_is_gone_with_its_messages(world, shop):
    tell(world)
    with world.writing() as db:
        remove_endpoint(db, shop.public_id)
    assert world.rows("SELECT count(*) FROM webhook_message") == [(0,)]


def test_an_act_does_not_fail_because_an_endpoint_is_taken_away_at_the_same_moment(world, shop):
    with before(world, lambda db: listeners(db, "case.opened"), then=lambda db: announce(db, "case.opened", dict)) as beside:
        removed = beside(lambda db: remove_endpoint(db, shop.public_id))
    removed.result()
    assert world.rows("SELECT count(*) FROM webhook_message") == [(0,)]
