"""Tasks of owners at the doors: a link that shows nobody before its button, an answer that counts once, and what staff see and do."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

import demo
from portal.accounts import registry
from portal.accounts.model import AuditEntry
from portal.cases.tasks.model import CaseTask
from portal.cli import main
from portal.commands import task as task_commands
from portal.config.systems import System
from portal.core import clock
from portal.core.uploads import LARGEST_FILE
from tests.attachments import PDF, SVG, sent
from tests.doors.site import SECOND_HOST
from tests.doors.staff import hired
from tests.doors.tables import changed, digest
from tests.doors.test_attachments import encoded, raw
from tests.doors.walked import token_on

MAREN, OWNER = demo.CUSTOMER, "records@example.net"


def add_archive(owner=OWNER):
    """The first company, with an archive on paper that somebody looks after; gives what undoes it."""
    config, ids = registry.config(), registry.ids()
    company = config.company("fjordkaffe")
    note = next(iter(company.systems["shop"].collections.values()))
    archive = System(
        kind="manual",
        title={"en": "The archive", "de": "Das Archiv", "ar": "الأرشيف"},
        settings={
            "holds": {"archive.letters": ["user.content"]},
            "task": "Cellar, room 2.",
            "owner": {"email": owner, "name": "Records office", "language": "en"},
        },
        collections={"archive.letters": note},
    )
    changed_company = company.model_copy(update={"systems": {**company.systems, "archive": archive}})
    companies = {**config.portal.companies, "fjordkaffe": changed_company}
    registry.use_companies(replace(config, portal=config.portal.model_copy(update={"companies": companies})), ids)
    return lambda: registry.use_companies(config, ids)


def ask(site):
    """Maren asks that her data be kept and not used; gives the number and her browser."""
    browser = site.signed_in(MAREN)
    browser.open("/rights/restriction")
    browser.submit("Send to a person")
    site.work()
    return browser.path.rpartition("/")[2], browser


@pytest.fixture
def asked(both_sites):
    """The task is in the owner's mailbox."""
    undo = add_archive()
    number, browser = ask(both_sites)
    yield both_sites, number, browser
    undo()


def link_of(site):
    found = re.search(r"https?://[^/\s]+(/t/[\w-]+\?lang=en)", site.mails(OWNER)[0].text)
    assert found, "no link in the newest mail"
    return found[1]


def reading(site):
    return site.running.database.reading(registry.ids()["fjordkaffe"])


def state_of(site):
    with reading(site) as db:
        task = db.scalars(select(CaseTask)).one()
        return task.answer, task.opened_at is not None


def test_a_link_names_nobody_before_its_button_keeps_nothing_and_changes_nothing(asked):
    site, number, _maren = asked
    mail = site.mails(OWNER)[0]
    assert MAREN not in mail.text and number not in mail.text and "FK-10001" not in mail.text
    owner = site.browser()
    for method in ("GET", "HEAD"):
        before = digest(site)
        answer = owner.client.open(link_of(site), method=method, base_url=f"http://{owner.host}")
        assert answer.status_code == 200 and changed(before, digest(site)) == set()
        assert answer.headers["Referrer-Policy"] == "no-referrer" and answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers and "<script" not in answer.text
        assert MAREN not in answer.text and "Cellar" not in answer.text
    owner.open(link_of(site))
    owner.submit("See the task")
    assert MAREN in owner.words and "Cellar, room 2." in owner.words and "Set-Cookie" not in owner.answer.headers
    assert number not in owner.answer.text


def test_an_answer_settles_the_step_once_and_both_sides_read_that_it_was_confirmed_by_hand(asked):
    site, number, maren = asked
    owner = site.browser()
    owner.open(link_of(site))
    owner.submit("See the task")
    path, values = owner.form("Send the answer")
    owner.post(path, {**values, "answer": "done", "note": "Put a red slip on the folder."})
    assert owner.status == 200 and "Your answer has arrived" in owner.words
    owner.post(path, {**values, "answer": "not_found"})
    assert owner.status == 410 and "answered" in owner.words
    owner.open(link_of(site))
    assert owner.status == 410 and MAREN not in owner.answer.text
    assert state_of(site) == ("done", True)
    maren.open(f"/requests/{number}")
    assert "Confirmed by hand" in maren.words and "not read it back" in maren.words
    assert "Whoever looks after: The archive" in maren.words and "red slip" not in maren.words
    staff = hired(site)
    staff.open(f"/console/cases/{number}")
    assert (
        "Put a red slip on the folder." in staff.words
        and "Confirmed by hand" in staff.words
        and "Send it again" not in staff.words
    )


def test_O9_who_presses_the_button_for_ever_fills_no_table(asked):
    site, number, _maren = asked
    owner, path = site.browser(), link_of(site).partition("?")[0]
    for _press in range(25):
        assert owner.client.post(f"{path}/open", base_url=f"http://{owner.host}").status_code == 200
    with reading(site) as db:
        entries = db.scalars(select(AuditEntry).filter_by(target=f"case:{number}", act="case.task_opened")).all()
    assert len(entries) == 10
    with clock.moved(timedelta(hours=2)):
        owner.client.post(f"{path}/open", base_url=f"http://{owner.host}")
    with reading(site) as db:
        assert len(db.scalars(select(AuditEntry).filter_by(target=f"case:{number}", act="case.task_opened")).all()) == 11


def test_an_exception_needs_its_ground_and_waits_for_a_decision_of_staff(asked):
    site, number, maren = asked
    owner = site.browser()
    owner.open(link_of(site))
    owner.submit("See the task")
    owner.submit("Send the answer")
    assert owner.status == 422 and "Choose what the answer is." in owner.words
    owner.submit("Send the answer", answer="exception", note="See the file.")
    assert owner.status == 422 and "the customer has a right to know" in owner.words and "See the file." in owner.answer.text
    owner.submit(
        "Send the answer",
        answer="exception",
        ground="Tax Act § 147",
        words="Bills stay until 2031.",
        files=sent(("bill.pdf", PDF)),
    )
    assert owner.status == 200
    maren.open(f"/requests/{number}")
    assert "Bills stay" not in maren.words and "bill.pdf" not in maren.words
    staff = hired(site)
    staff.open("/console/cases?stage=decision")
    assert number in staff.words
    staff.open(f"/console/cases/{number}")
    assert all(one in staff.words for one in ("Tax Act § 147", "Bills stay until 2031.", "bill.pdf", "needs your decision"))
    (file,) = [one.attributes["href"] for one in staff.page.all("a") if "/files/" in one.attributes.get("href", "")]
    assert staff.open(file).data == PDF
    maren.open(file.replace("/console/cases", "/requests"))
    assert maren.status == 404


def test_a_file_that_is_too_large_or_of_a_wrong_kind_keeps_what_was_typed_and_strangers_may_send_none(asked):
    site, _number, _maren = asked
    owner = site.browser()
    owner.open(link_of(site))
    owner.submit("See the task")
    path, values = owner.form("Send the answer")
    typed = {**values, "answer": "cannot_say", "note": "Typed words."}
    for name, content in (("a.svg", SVG), ("large.pdf", PDF + b"0" * LARGEST_FILE)):
        raw(owner, path, *encoded(typed, (name, content)))
        assert owner.status == 422 and "Typed words." in owner.answer.text, name
    assert state_of(site)[0] is None
    stranger = site.browser()
    raw(stranger, f"/t/{'x' * 43}/answer", *encoded(typed, ("large.pdf", PDF + b"0" * LARGEST_FILE)))
    assert stranger.status == 404


def test_links_that_are_cut_foreign_or_unknown_answer_alike_at_every_step(asked):
    site, _number, _maren = asked
    token = link_of(site)[3:].partition("?")[0]
    answers = set()
    for host, one in (("", token[:-1]), ("", "x" * 43), ("", token + "A"), (SECOND_HOST, token), (SECOND_HOST, "x" * 43)):
        browser = site.browser(host) if host else site.browser()
        for path, values in ((f"/t/{one}", None), (f"/t/{one}/open", {}), (f"/t/{one}/answer", {"answer": "done"})):
            before = digest(site)
            browser.open(path) if values is None else browser.post(path, values)
            assert browser.status == 404 and changed(before, digest(site)) == set(), path
            answers.add(browser.page.all("main")[0].words)
    assert len(answers) == 1 and "leads nowhere" in answers.pop()


def test_staff_list_open_tasks_send_one_again_and_take_it_back_with_an_entry_each(asked):
    site, number, _maren = asked
    old = link_of(site)
    staff = hired(site)
    staff.open("/console/cases?stage=decision")
    staff.open(f"/console/cases/{number}")
    assert "Mailed, not seen yet" in staff.words and "Records office" in staff.words
    overtaken = staff.form("End the task")
    staff.submit("Send it again")
    assert staff.status == 200 and "Only the link in the new mail works now" in staff.words
    staff.post(overtaken[0], overtaken[1])
    assert staff.status == 409, "the page was older than the new mail"
    owner = site.browser()
    new = link_of(site)
    assert new != old
    owner.open(old)
    assert owner.status == 404
    owner.open(new)
    assert owner.status == 200
    staff.open("/console/tasks")
    assert number in staff.words and "Records office" in staff.words and MAREN not in staff.answer.text
    staff.open("/console/tasks?which=late")
    assert "No open task fits." in staff.words
    with clock.moved(timedelta(days=40)):
        later = hired(site, "auditor", address="auditor@example.net")
        later.open("/console/tasks?which=late&system=archive")
        assert number in later.words and "Overdue" in later.words
        later.open("/console/tasks?which=x&system=y&after=z.9")
        assert later.status == 200 and number in later.words
        later.open(f"/console/tasks?after=2099-01-01.{'9' * 5}")
        assert "No open task fits." in later.words
        later.open(f"/console/cases/{number}")
        assert "End the task" not in later.words
    staff.open(f"/console/cases/{number}")
    staff.submit("End the task")
    assert staff.status == 200 and "the step waits for you" in staff.words
    owner.open(new)
    assert owner.status == 410 and "over" in owner.words
    with reading(site) as db:
        acts = set(db.scalars(select(AuditEntry.act).filter_by(target=f"case:{number}")))
    assert {"case.task_sent", "case.task_taken_back"} <= acts


def test_K3_a_link_that_went_to_somebody_who_looks_after_it_no_more_shows_nobody_and_takes_nothing(asked):
    site, number, _maren = asked
    old = link_of(site)
    undo = add_archive("records.next@example.net")
    try:
        before = site.browser()
        for path in (old, f"{old.partition('?')[0]}/open", f"{old.partition('?')[0]}/answer"):
            form = {} if path == old else {"data": {"answer": "not_found"}}
            answer = before.client.open(path, method="POST" if form else "GET", base_url=f"http://{before.host}", **form)
            assert answer.status_code == 410 and MAREN not in answer.text, path
        assert state_of(site) == (None, False)
        staff = hired(site)
        staff.open("/console/tasks")
        assert "Mailed to who was named before: it has to be sent again" in staff.words
        staff.open(f"/console/cases/{number}")
        staff.submit("Send it again")
        before.open(old)
        assert before.status == 404
        found = re.search(r"https?://[^/\s]+(/t/[\w-]+\?lang=en)", site.mails("records.next@example.net")[0].text)
        assert found
        before.open(found[1])
        assert before.status == 200
    finally:
        undo()


def test_a_case_that_was_stopped_leaves_a_link_that_shows_nobody(asked):
    site, number, maren = asked
    owner = site.browser()
    owner.open(link_of(site))
    owner.submit("See the task")
    path, values = owner.form("Send the answer")
    maren.open(f"/requests/{number}")
    maren.post(f"/requests/{number}/stop", {"csrf_token": token_on(maren)})
    owner.post(path, {**values, "answer": "done"})
    assert owner.status == 410 and MAREN not in owner.answer.text and state_of(site)[0] is None


def test_no_token_and_nothing_of_the_customer_stands_in_logs_or_plain_rows(site, capfd):
    undo = add_archive()
    try:
        _number, _maren = ask(site)
        token = link_of(site)[3:].partition("?")[0]
        owner = site.browser()
        owner.open(link_of(site))
        owner.submit("See the task")
        owner.submit("Send the answer", answer="exception", ground="Tax Act Zebra", words="Giraffe stays.", note="Okapi.")
        owner.open(f"/t/{token}x")
        said = "".join(capfd.readouterr())
        assert token not in said and MAREN not in said
        with reading(site) as db:
            task = db.scalars(select(CaseTask)).one()
            assert token.encode() not in bytes(task.token_hash)
        site.running.database.close()
        everything = b"".join(
            file.read_bytes() for file in site.folder.rglob("*") if file.is_file() and file.suffix in (".db", ".db-wal")
        )
        assert not any(word in everything for word in (b"Zebra", b"Giraffe", b"Okapi"))
    finally:
        undo()


def test_where_no_console_is_tasks_are_listed_sent_and_ended_by_commands(asked, monkeypatch, capsys):
    site, number, _maren = asked
    monkeypatch.setattr(task_commands, "start_for", lambda chosen: (site.running, registry.ids()[chosen.company]))

    def run(act, *words):
        capsys.readouterr()
        code = main(["task", act, "--company", "fjordkaffe", *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    old = link_of(site)
    code, said = run("list")
    assert code == 0 and number in said and "archive" in said and MAREN not in said and "/t/" not in said
    task = said.split()[0]
    assert run("send", number, task, "--by", "s1")[0] == 0
    assert run("send", number, "AAAA-BBBB-CCCC", "--by", "s1")[0] == 1
    new = link_of(site)
    assert site.browser().open(old).status_code == 404 and site.browser().open(new).status_code == 200
    assert run("end", number, task, "--by", "s1")[0] == 0
    assert site.browser().open(new).status_code == 410
    code, said = run("list")
    assert code == 0 and said.strip() == "No open tasks."
    with reading(site) as db:
        assert {"case.task_sent", "case.task_taken_back"} <= set(db.scalars(select(AuditEntry.act).filter_by(actor="s1")))
