"""What privacy officers and auditors read of the whole: figures, files to publish, and the settings as they stand."""

import csv
import io
import re
from datetime import timedelta

from sqlalchemy import select, update

from portal.accounts import registry
from portal.accounts.model import AuditEntry
from portal.cases.model import Case, CaseKind, CaseState
from portal.core import clock, crypto
from tests.doors.links import with_company
from tests.doors.staff import hired
from tests.doors.walked import MAREN


def writing(site):
    return site.running.database.writing(registry.ids()["fjordkaffe"])


def add_case(db, like, kind, *, asked, took=None, state=CaseState.DONE, late=False):
    """A case that was asked for so many days ago and, where `took` is named, answered after so many."""
    now = clock.now()
    received = now - timedelta(days=asked)
    closed = received + timedelta(days=took) if took is not None else None
    db.add(
        Case(
            number=crypto.random_public_id(), person_id=like.person_id, kind=kind, state=state if closed else CaseState.OPEN, law="eu_gdpr",
            language="en", source="site", choice=[], proven="{}", received_at=received, closed_at=closed,
            due_on=(now + timedelta(days=-3 if late else 5)).date(),
        )
    )  # fmt: skip


def rows_of(browser):
    return list(csv.DictReader(io.StringIO(browser.answer.text)))


def line_of(browser, section, title):
    (table,) = browser.page.all("section", **{"aria-labelledby": section})[0].all("table")
    (row,) = [row for row in table.all("tr") if row.all("th") and row.all("th")[0].words.startswith(title)]
    return [cell.words for cell in row.all("td")]


def test_the_figures_count_what_is_open_late_and_answered_and_say_how_long_it_took(walked):
    site, browser = walked.site, hired(walked.site, "privacy_officer")
    with writing(site) as db:
        like = db.scalars(select(Case)).one()
        for took in (2, 4, 30):
            add_case(db, like, CaseKind.CORRECTION, asked=40, took=took)
        add_case(db, like, CaseKind.CORRECTION, asked=4)
        add_case(db, like, CaseKind.CORRECTION, asked=40, late=True)
        add_case(db, like, CaseKind.COMPLAINT, asked=400, took=5)
        add_case(db, like, CaseKind.COMPLAINT, asked=30, took=5, state=CaseState.CANCELLED)
    browser.open("/console/figures")
    assert line_of(browser, "kinds", "Correction") == ["2", "1", "3", "4"]
    assert "Complaint" not in browser.page.all("section", **{"aria-labelledby": "kinds"})[0].words, "long ago, or stopped by them"
    for chart in browser.page.all("svg", role="img"):
        assert "The table below has the figures" in chart.attributes["aria-label"]
    assert len(browser.page.all("svg", role="img")) == len(browser.page.all("table")) >= 4
    ahead = browser.page.all("section", **{"aria-labelledby": "ahead"})[0]
    assert sum(int(cell.words) for cell in ahead.all("td")) == 1, "one of these is due in the next two weeks"
    shop = line_of(browser, "systems", "Our shop")
    assert int(shop[0]) >= 1 and shop[1] == "0"
    assert line_of(browser, "mails", "Gone out") != ["0"]
    assert MAREN not in browser.answer.text


def test_only_who_looks_after_the_whole_sees_figures_and_the_file_wants_a_fresh_proof(walked):
    for role, status in (("agent", 403), ("approver", 403), ("admin", 403), ("auditor", 200)):
        browser = hired(walked.site, role, address=f"{role}@example.net")
        browser.open("/console/figures")
        assert browser.status == status, role
    with clock.moved(timedelta(minutes=11)):
        browser.submit("Register of processing")
        assert browser.path == "/console/second"


def test_the_figures_of_a_year_are_those_that_california_wants(walked, monkeypatch):
    site, browser = walked.site, hired(walked.site, "privacy_officer")
    with writing(site) as db:
        like = db.scalars(select(Case)).one()
        db.execute(update(Case).values(received_at=clock.now(), state=CaseState.CANCELLED))
        year = clock.now().year
        for took, state in ((0, CaseState.DONE), (0, CaseState.ENDED), (0, CaseState.REFUSED), (0, CaseState.CANCELLED)):
            add_case(db, like, CaseKind.ACCESS, asked=0, took=took, state=state)
        add_case(db, like, CaseKind.OPT_OUT_OF_SALE, asked=0)
        add_case(db, like, CaseKind.ACCESS, asked=800, took=3)
    browser.open("/console/figures")
    browser.submit("The year", year=str(year))
    assert browser.answer.mimetype == "text/csv"
    lines = {row["kind"]: row for row in rows_of(browser)}
    know = lines["know"]
    assert [
        know[one] for one in ("received", "complied_in_whole", "complied_in_part", "denied", "stopped_by_the_person")
    ] == list("52012")
    assert (know["median_days"], know["mean_days"]) == ("0", "0.0")
    assert lines["opt_out_of_sale_or_sharing"]["still_open"] == "1"
    assert lines["delete"]["received"] == "0" and lines["delete"]["median_days"] == ""
    with site.running.database.reading(registry.ids()["fjordkaffe"]) as db:
        (entry,) = db.scalars(select(AuditEntry).filter_by(act="figures.exported"))
    assert entry.detail == {"what": "year"}


def test_the_register_names_every_purpose_and_no_cell_of_it_is_a_formula(site, monkeypatch):
    with_company(monkeypatch, legal_name="=cmd|'/c calc'!A0")
    browser = hired(site, "auditor")
    browser.open("/console/figures")
    browser.submit("Register of processing")
    rows = rows_of(browser)
    company = registry.config().company("fjordkaffe")
    assert len(rows) == len(company.purposes) >= 3
    assert all(row["controller"].startswith("'=cmd") for row in rows)
    assert any(row["recipients"] and row["erased_after"] and row["personal_data"] for row in rows)
    cells = [cell for row in csv.reader(io.StringIO(browser.answer.text)) for cell in row]
    assert not [cell for cell in cells if re.match(r"[=+\-@]", cell)]
