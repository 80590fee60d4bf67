"""The alarm on unusual reading: told once, to those who read the audit, and to nobody else."""

from datetime import timedelta

from portal.accounts import registry
from portal.accounts.companies import record_audit
from portal.cases.unusual_reading import alarms_of, raise_alarms
from portal.core import clock
from tests.doors.links import with_company
from tests.doors.staff import AGENT, hire, hired

OFFICER = "officer@example.net"
SUBJECT = "somebody opened unusually many cases"


def writing(site):
    return site.running.database.writing(registry.ids()["fjordkaffe"])


def read_some(site, actor, count, *, days_ago=0):
    """As the console writes it down."""
    with clock.moved(timedelta(days=-days_ago)), writing(site) as db:
        for number in range(count):
            record_audit(db, actor=actor, act="case.read", target=f"case:{days_ago}-{number}")


def raised(site):
    with writing(site) as db:
        return raise_alarms(db)


def test_who_opens_many_more_than_they_use_to_is_told_once_to_who_reads_the_audit(both_sites, monkeypatch):
    site = both_sites
    with_company(monkeypatch, unusual_reading=3)
    officer = hired(site, "privacy_officer", address=OFFICER)
    agent = hired(site, "agent")
    for number in ("AAAA-BBBB-CCCC", "AAAA-BBBB-CCCD", "AAAA-BBBB-CCCF"):
        agent.open(f"/console/cases/{number}")
        agent.open(f"/console/cases/{number}")
    site.worker.clean_up()
    assert not [mail for mail in site.mails(OFFICER) if SUBJECT in mail.subject], "three things, each looked at twice, are three"
    agent.open("/console/cases/AAAA-BBBB-CCCG")
    for _ in range(2):
        site.worker.clean_up()
    (mail,) = [mail for mail in site.mails(OFFICER) if SUBJECT in mail.subject]
    assert AGENT not in mail.text and "Colleague" not in mail.text and "/console/audit" in mail.text
    assert not [mail for mail in site.mails(AGENT) if SUBJECT in mail.subject]
    officer.open("/console/audit")
    assert "4 cases, numbers or addresses" in officer.words and "Colleague agent" in officer.words
    (link,) = [one for one in officer.page.all("main")[0].all("a") if one.words.startswith("What they did")]
    officer.open(link.attributes["href"])
    assert "Only what Colleague agent did." in officer.words
    cells = [row.all("td")[1].words for row in officer.page.all("tbody")[0].all("tr")]
    assert set(cells) == {"Colleague agent"}


def test_who_uses_to_open_many_raises_no_alarm_until_it_is_three_times_that(site, monkeypatch):
    with_company(monkeypatch, unusual_reading=3)
    hire(site, "agent")
    for days_ago in (1, 2, 5):
        read_some(site, "staff:busy", 10, days_ago=days_ago)
    read_some(site, "staff:busy", 30)
    assert raised(site) == 0
    read_some(site, "staff:busy", 31)
    assert (raised(site), raised(site)) == (1, 0)
    with writing(site) as db:
        (alarm,) = alarms_of(db)
    assert (alarm.actor, alarm.seen, alarm.usual) == ("staff:busy", 31, 10)


def test_days_long_ago_and_the_portals_own_reading_count_for_nothing(site, monkeypatch):
    with_company(monkeypatch, unusual_reading=3)
    read_some(site, "staff:new", 40, days_ago=40)
    read_some(site, "portal", 40)
    read_some(site, "person", 40)
    assert raised(site) == 0
    read_some(site, "staff:new", 4)
    assert raised(site) == 1
    with writing(site) as db:
        assert alarms_of(db)[0].usual == 0


def test_who_it_is_about_is_not_the_one_who_is_told(site, monkeypatch):
    with_company(monkeypatch, unusual_reading=1)
    officer = hired(site, "privacy_officer", address=OFFICER)
    hire(site, "auditor", address="auditor@example.net")
    for number in ("AAAA-BBBB-CCCC", "AAAA-BBBB-CCCD"):
        officer.open(f"/console/cases/{number}")
    assert raised(site) == 1
    assert not [mail for mail in site.mails(OFFICER) if SUBJECT in mail.subject]
    assert [mail for mail in site.mails("auditor@example.net") if SUBJECT in mail.subject]
