"""Files that go with messages, both ways: handed out as a file of ours and never shown, to nobody but the two sides, and written down."""

import io
import itertools
import os
import re
import tempfile
from datetime import timedelta

import pytest
from sqlalchemy import select

import demo
from portal.accounts import registry
from portal.accounts.model import AuditEntry
from portal.cases.attaching import A_DAY
from portal.cases.file_model import CaseFile
from portal.core import clock
from portal.core.uploads import LARGEST_FILE
from tests.attachments import JPEG, PDF, PNG, REFUSED, SVG, TEXT, sent
from tests.doors.site import SECOND_HOST
from tests.doors.staff import hired
from tests.doors.tables import changed, digest
from tests.doors.walked import MAREN, token_on

FOUND = "Rechnung <b>März.pdf"


def files_on(browser):
    return [link.attributes["href"] for link in browser.page.all("a") if "/files/" in link.attributes.get("href", "")]


def write(browser, number, *files, message="Here it is."):
    browser.open(f"/requests/{number}")
    return browser.submit("Send message", message=message, files=sent(*files))


def answer(browser, number, *files, words="See the file."):
    browser.open(f"/console/cases/{number}")
    return browser.submit("Send to the customer", answer=words, files=sent(*files))


def stored(site):
    with site.running.database.reading(registry.ids()["fjordkaffe"]) as db:
        return db.scalars(select(CaseFile).order_by(CaseFile.id)).all()


def audit_of(site, act):
    with site.running.database.reading(registry.ids()["fjordkaffe"]) as db:
        return db.scalars(select(AuditEntry).filter_by(act=act)).all()


def check_handed_out(answer, content, ending):
    """A file to be kept, whatever is in it: no browser shows it or runs it."""
    headers = answer.headers
    assert answer.status_code == 200 and answer.data == content
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert re.fullmatch(rf'attachment; filename="attachment-[2-9A-Z-]{{14}}\.{ending}"', headers["Content-Disposition"])
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["Cache-Control"] == "no-store"


def test_files_go_both_ways_and_come_back_as_they_were(walked):
    site, customer, staff = walked.site, walked.person(), hired(walked.site)
    write(customer, walked.number, (FOUND, PDF), ("note.txt", TEXT))
    assert "Your message has arrived" in customer.words
    assert FOUND in customer.words and "PDF" in customer.words and "<b>März" not in customer.answer.text
    mails = len(site.mails(MAREN))
    answer(staff, walked.number, ("/home/ida/scans/label\u202egnp.exe.png", PNG), ("photo.jpg", JPEG))
    assert "Sent." in staff.words and "labelgnp.exe.png" in staff.words and "scans" not in staff.words
    (mail, *_older) = site.mails(MAREN)
    assert len(site.mails(MAREN)) == mails + 1
    assert not [word for word in ("label", "photo", "attachment", "März") if word in mail.text + mail.html + mail.subject]
    customer.open(f"/requests/{walked.number}")
    wanted = [(PDF, "pdf"), (TEXT, "txt"), (PNG, "png"), (JPEG, "jpg")]
    for browser in (customer, staff):
        links = files_on(browser)
        assert len(links) == 4
        for link, (content, ending) in zip(links, wanted, strict=True):
            check_handed_out(browser.client.get(link, base_url=f"http://{browser.host}"), content, ending)


@pytest.mark.parametrize(("name", "content"), REFUSED[:16])
def test_svg_html_and_files_that_lie_are_refused_with_the_words_kept(walked, name, content):
    site, customer = walked.site, walked.person()
    customer.open(f"/requests/{walked.number}")
    before = digest(site)
    customer.submit("Send message", message="Only <this> picture", files=sent(("good.pdf", PDF), (name, content)))
    assert customer.status == 422 and "is no PDF, PNG, JPEG or plain text" in customer.words
    assert customer.page.all("textarea", name="message")[0].words == "Only <this> picture"
    assert changed(before, digest(site)) == set()
    assert name in customer.page.all(class_="error")[0].words


def test_staff_are_refused_the_same_files_in_the_same_words(walked):
    staff = hired(walked.site)
    answer(staff, walked.number, ("x.svg", SVG), words="Look at this")
    assert staff.status == 422 and "“x.svg” is no PDF, PNG, JPEG or plain text" in staff.words
    assert "choose the files once more" in staff.words and "Look at this" in staff.answer.text
    assert stored(walked.site) == [] and audit_of(walked.site, "case.answered") == []


def test_fifty_megabytes_are_refused_kindly_with_the_words_kept_and_never_held(walked, tmp_path, monkeypatch):
    """More than a file may have is let go of while it comes: neither memory nor a disk sees all of it."""
    import tracemalloc

    site, customer, staff = walked.site, walked.person(), hired(walked.site)
    large = b"%PDF-1.7\n" + b"x" * (50 * 1024 * 1024)
    # A folder that nobody else on this machine writes into.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    temporary = set(os.listdir(tmp_path))
    for browser, button, field, page in (
        (customer, "Send message", "message", f"/requests/{walked.number}"),
        (staff, "Send to the customer", "answer", f"/console/cases/{walked.number}"),
    ):
        browser.open(page)
        path, values = browser.form(button)
        body, kind = encoded({**values, field: "My words"}, ("large.pdf", large))
        before = digest(site)
        tracemalloc.start()
        raw(browser, path, body, kind)
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert browser.status == 422 and "“large.pdf” is larger than 5 MB." in browser.words
        assert "My words" in browser.answer.text
        assert changed(before, digest(site)) == set()
        assert most < 24 * 1024 * 1024, most
    assert set(os.listdir(tmp_path)) - temporary == set()


def encoded(values, *files):
    """A form with files as a browser writes it, in one piece."""
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in values.items()
    ]
    for name, content in files:
        parts += [f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode(), content, b"\r\n"]
    return b"".join([*parts, b"--x--\r\n"]), "multipart/form-data; boundary=x"


def raw(browser, path, body, kind):
    headers = {**browser.headers, "Sec-Fetch-Site": "same-origin", "Content-Type": kind}
    return browser._went(
        browser.client.post(
            path,
            input_stream=io.BytesIO(body),
            content_length=len(body),
            base_url=f"http://{browser.host}",
            headers=headers,
            follow_redirects=True,
        )
    )


def test_bodies_without_end_and_those_of_nobody_are_not_read(walked):
    site, customer = walked.site, walked.person()
    customer.open(f"/requests/{walked.number}")
    path, values = customer.form("Send message")
    body, kind = encoded({**values, "message": "x"}, ("large.pdf", b"x" * (65 * 1024 * 1024)))
    raw(customer, path, body, kind)
    assert customer.status == 413 and "a smaller file" in customer.words
    stranger = site.browser()
    body, kind = encoded({**values, "message": "x"}, ("small.pdf", b"x" * 100_000))
    raw(stranger, path, body, kind)
    assert stranger.status == 413, "no more than any form is read of who is not signed in"
    for elsewhere in ("/preferences", "/sessions/sign-out"):
        raw(customer, elsewhere, body, kind)
        assert customer.status == 413, elsewhere


def test_size_and_count_have_their_edges_where_they_are_said_to_be(walked):
    customer = walked.person()
    whole = PDF.replace(b"endobj", b"endobj" + b" " * (LARGEST_FILE - len(PDF)))
    assert len(whole) == LARGEST_FILE
    for files, status in ([(f"{n}.pdf", whole) for n in range(3)], 200), ([("more.pdf", whole + b"\n")], 422):
        customer.open(f"/requests/{walked.number}")
        path, values = customer.form("Send message")
        raw(customer, path, *encoded({**values, "message": "Here."}, *files))
        assert customer.status == status
    assert "“more.pdf” is larger than 5 MB" in customer.words and [row.size for row in stored(walked.site)] == [LARGEST_FILE] * 3
    write(customer, walked.number, *[(f"{n}.pdf", PDF) for n in range(4)])
    assert customer.status == 422 and "At most 3 files go with one message." in customer.words
    write(customer, walked.number, ("empty.txt", b""))
    assert customer.status == 422 and "There is nothing in “empty.txt”." in customer.words
    write(customer, walked.number, ("fine.pdf", PDF), message="  ")
    assert customer.status == 422 and "choose the files once more" in customer.words
    assert len(stored(walked.site)) == 3


def test_who_sends_many_files_in_a_day_goes_on_tomorrow(walked):
    customer = walked.person()
    for _ in range(A_DAY.count // 3):
        write(customer, walked.number, *[("a.txt", TEXT)] * 3)
        assert customer.status == 200
    write(customer, walked.number, ("one more.txt", TEXT), message="Still here")
    assert customer.status == 422 and "can be sent tomorrow" in customer.words and "Still here" in customer.answer.text
    write(customer, walked.number, message="Words alone go")
    assert customer.status == 200
    with clock.moved(timedelta(days=1, minutes=1)):
        customer = walked.person()
        write(customer, walked.number, ("one more.txt", TEXT))
        assert customer.status == 200


def test_nobody_else_opens_a_file_and_a_missing_one_answers_alike(walked):
    site, (maren, other, foreign) = walked.site, walked.three()
    write(maren, walked.number, ("a.pdf", PDF))
    (link,) = files_on(maren)
    before = digest(site)
    for browser in (other, foreign, site.browser()):
        answers = set()
        for path in (link, link[:-14] + "AAAA-BBBB-CCCC", link.replace(walked.number, "AAAA-BBBB-CCCC")):
            browser.open(path)
            answers.add(
                (
                    browser.status,
                    re.sub(r"lang=\w+|next=[^\"&]*|[2-9A-Z]{4}(-[2-9A-Z]{4}){2}|value=\"[^\"]*\"", "", browser.answer.text),
                )
            )
        assert len(answers) == 1
        assert PDF not in browser.answer.data
    assert changed(before, digest(site)) - {"session", "limit_counter"} == set()
    # Another request of the same person is not the file's.
    maren.open("/ask")
    maren.submit("Send to a person", message="Another thing")
    maren.open(link.replace(walked.number, maren.path.rsplit("/", 1)[1]))
    assert maren.status == 404


def test_every_look_of_staff_at_a_file_is_written_down_and_told_to_the_customer(walked):
    site, customer = walked.site, walked.person()
    write(customer, walked.number, ("a.pdf", PDF))
    (path,) = files_on(customer)
    before = digest(site)
    customer.open(path)
    assert customer.status == 200 and changed(before, digest(site)) - {"session"} == set(), "their own looks are theirs"
    link = path.replace("/requests/", "/console/cases/")
    for role, seen in (("agent", 200), ("approver", 200), ("privacy_officer", 200), ("auditor", 200), ("admin", 403)):
        browser, looks = hired(site, role, address=f"{role}@example.net"), len(audit_of(site, "case.file"))
        browser.open(link)
        assert browser.status == seen, role
        assert len(audit_of(site, "case.file")) == looks + (seen == 200), role
    agent = hired(site, address="second.agent@example.net")
    for missing in (
        link[:-14] + "AAAA-BBBB-CCCC",
        link.replace(walked.number, "AAAA-BBBB-CCCC"),
        link[:-14] + "maren@example.org",
    ):
        looks = len(audit_of(site, "case.missing"))
        agent.open(missing)
        assert agent.status == 404 and len(audit_of(site, "case.missing")) == looks + 1
    assert all(
        MAREN not in repr((one.target, one.detail)) and "a.pdf" not in repr(one.detail) for one in audit_of(site, "case.file")
    )
    customer.open(f"/requests/{walked.number}")
    assert "Opened a file that stands with your messages." in customer.words
    themselves = hired(site, "privacy_officer", address=MAREN)
    themselves.open(link)
    assert themselves.status == 403 and PDF not in themselves.answer.data
    foreign = hired(site, "privacy_officer", company="alpenrad", host=SECOND_HOST, address="anna.desk@example.net")
    foreign.open(link)
    assert foreign.status == 404


def test_a_template_keeps_the_form_and_says_that_files_are_to_be_chosen_again(walked):
    staff = hired(walked.site)
    staff.open(f"/console/cases/{walked.number}")
    staff.submit("Put it in", template="one_more_detail", answer="", files=sent(("a.pdf", PDF)))
    assert staff.status == 200 and "choose the files once more" in staff.answer.text and stored(walked.site) == []


def test_names_of_files_stand_in_no_address_header_log_or_plain_row(walked, capfd):
    site, customer = walked.site, walked.person()
    name = 'Maren "Ødegård"\r\nX-Evil: 1; filename=x.html.pdf'
    path, values = customer.open(f"/requests/{walked.number}") and customer.form("Send message")
    customer.post(path, {**values, "message": "x", "files": sent((name.replace("\r\n", " "), PDF))})
    (link,) = files_on(customer)
    handed = customer.client.get(link, base_url=f"http://{customer.host}")
    check_handed_out(handed, PDF, "pdf")
    assert "Evil" not in str(handed.headers) and "degård" not in link
    assert "degård" not in "".join(capfd.readouterr())
    site.running.database.close()
    everything = b"".join(
        file.read_bytes() for file in site.folder.rglob("*") if file.is_file() and file.suffix in ("", ".db", ".db-wal")
    )
    assert b"X-Evil" not in everything and PDF not in everything and b"startxref" not in everything


def test_who_shares_a_mailbox_sees_no_file_of_the_other(site):
    one = site.signed_in(demo.SHARED_ADDRESS)
    one.open("/ask")
    one.submit("Send to a person", message="From the one")
    number = one.path.rsplit("/", 1)[1]
    write(one, number, ("mine.pdf", PDF))
    (link,) = files_on(one)
    one.open(link)
    assert one.status == 200
    two = site.signed_in(demo.SHARED_ADDRESS)
    two.open(f"/requests/{number}")
    if two.path == f"/requests/{number}":
        assert "mine.pdf" not in two.words and files_on(two) == []
    two.open(link)
    assert PDF not in two.answer.data


def test_the_form_of_files_is_offered_where_there_is_a_message_box(walked):
    customer, staff = walked.person(), hired(walked.site)
    customer.open(f"/requests/{walked.number}")
    staff.open(f"/console/cases/{walked.number}")
    for browser, action in itertools.product((customer, staff), ("write", "answer")):
        for form in [form for form in browser.page.all("form") if form.attributes.get("action", "").endswith(action)]:
            assert form.attributes["enctype"] == "multipart/form-data"
            (field,) = form.all("input", type="file")
            assert "multiple" in field.attributes and token_on(browser)
            assert "at most 3 files of 5 MB each" in form.words


FIRST = {"question": ("/ask", "Send to a person"), "complaint": ("/rights/complaint", "Send to a person")}


@pytest.mark.parametrize("kind", FIRST)
def test_files_go_with_what_a_case_begins_with(walked, kind):
    customer, staff = walked.person(), hired(walked.site)
    path, button = FIRST[kind]
    customer.open(path)
    customer.submit(button, message="See the picture.", files=sent(("picture.png", PNG)))
    number = customer.path.rpartition("/")[2]
    assert customer.path == f"/requests/{number}" and "picture.png" in customer.words
    staff.open(f"/console/cases/{number}")
    assert "picture.png" in staff.words
    check_handed_out(staff.open(files_on(staff)[0]), PNG, "png")


@pytest.mark.parametrize("kind", FIRST)
def test_a_file_that_is_refused_opens_no_case_and_the_words_are_kept(walked, kind):
    customer = walked.person()
    path, button = FIRST[kind]
    customer.open(path)
    before = digest(walked.site)
    customer.submit(button, message="See the picture.", files=sent(("x.svg", SVG)))
    assert customer.status == 422 and "“x.svg” is no PDF, PNG, JPEG or plain text" in customer.words
    assert "See the picture." in customer.page.all("textarea")[0].words
    assert changed(before, digest(walked.site)) <= {"limit_counter", "session"}
    customer.submit(button, message="", files=sent(("picture.png", PNG)))
    assert customer.status == 422 and "choose the files once more" in customer.words


def test_an_appeal_brings_its_files_and_one_that_is_refused_leaves_nothing(walked):
    customer, staff = walked.person(), hired(walked.site, "approver")
    customer.open("/rights/objection")
    customer.submit("Send to a person", message="Not for that.")
    number = customer.path.rpartition("/")[2]
    staff.open(f"/console/cases/{number}/refuse")
    staff.submit("Refuse and tell", ground="compelling_grounds", words="We have to.")
    customer.open(f"/requests/{number}/appeal")
    before = digest(walked.site)
    customer.submit("Send to a person", message="Look again.", files=sent(("x.svg", SVG)))
    assert customer.status == 422 and changed(before, digest(walked.site)) <= {"limit_counter", "session"}
    customer.submit("Send to a person", message="Look again.", files=sent(("letter.pdf", PDF)))
    assert customer.path.startswith("/requests/") and "letter.pdf" in customer.words
