"""One person works off a day of mixed cases in Chromium, every act of them through the console alone, without scripts."""

import re

import pytest
from sqlalchemy import select

from portal.accounts import registry
from portal.accounts.model import AuditEntry
from portal.cases.model import OPEN_STATES, Case, CaseState
from portal.core import clock
from tests.browser.day import COMPANY, seed_day
from tests.browser.here import answering
from tests.chromium import shared_chromium
from tests.doors.site import open_site
from tests.doors.staff import AGENT, hire, link_of

pytestmark = pytest.mark.browser

FORTY = {
    "answer": 5, "answer with a template": 4, "release": 4, "correct": 4, "settle": 4, "answer an objection": 3, "answer a complaint": 4,
    "refuse": 3, "refuse by two": 2, "decide": 2, "extend": 2, "ask": 2,
}  # fmt: skip
BESIDE = 1
"""A letter that is taken in: the fortieth."""

ENDS = {
    "answer": CaseState.ANSWERED, "answer with a template": CaseState.ANSWERED, "release": CaseState.READY, "correct": CaseState.ANSWERED,
    "settle": CaseState.ANSWERED, "answer an objection": CaseState.ANSWERED, "answer a complaint": CaseState.ANSWERED,
    "refuse": CaseState.REFUSED, "refuse by two": CaseState.REFUSED, "decide": CaseState.ANSWERED,
}  # fmt: skip
COLLEAGUE = "colleague@example.net"


class Desk:
    """One colleague's browser; each method is one kind of act, by the words on the buttons."""

    def __init__(self, site, page):
        self.site, self.page = site, page

    def sign_in(self, address, code):
        self.page.goto("/console/sign-in")
        self.page.get_by_label("Your work e-mail address").fill(address)
        self.press("Send me the link")
        self.page.goto(link_of(self.site, address))
        self.press("Go on")
        self.page.get_by_label("Recovery code").fill(code)
        self.press("Use this code")
        assert self.page.url.endswith("/console/cases"), self.page.url

    def press(self, words):
        self.page.get_by_role("button", name=re.compile(f"^{words}")).first.click()

    def follow(self, words):
        self.page.get_by_role("link", name=re.compile(f"^{words}")).first.click()

    def says(self, words):
        assert words in self.page.inner_text("main"), (words, self.page.inner_text("main")[:1500])

    def open_case(self, number):
        """From the list, as who works does: the case is there and named."""
        self.page.goto(f"/console/cases/{number}")

    def answer(self, words="It left our roastery on Tuesday."):
        self.page.get_by_label("Answer to the customer").fill(words)
        self.page.get_by_label("This is the answer: the case ends with it").check()
        self.press("Send to the customer")

    def answer_with_a_template(self):
        template = self.page.get_by_label("Begin with a template")
        template.select_option(index=1)
        self.press("Put it in")
        self.answer(self.page.get_by_label("Answer to the customer").input_value() + "\nIt left our roastery on Tuesday.")

    def release(self):
        """Every mark is decided: what is somebody else's is blacked out."""
        self.press("Read the texts")
        for mark in self.page.locator("fieldset").all():
            mark.get_by_label("Black out").check()
        self.press("See it as the customer will")
        self.press("Hand this out")
        self.site.work()

    def settle(self):
        """Each system that nobody can ask, one after the other; then the answer."""
        while self.page.get_by_text("Settle a step by hand").count():
            self.page.get_by_text("Settle a step by hand").click()
            self.page.locator("input[name=system]").first.check()
            self.page.get_by_label("It is done: I have seen it").check()
            self.page.get_by_label("Why, in one sentence (the customer sees it)").fill("Set by hand in the system itself.")
            self.press("Settle this step")
        if self.page.get_by_label("This is the answer").count():
            self.answer("It is kept, and used for nothing else.")

    def refuse(self, ground):
        self.follow("Refuse")
        self.page.locator(f"input[name=ground][value={ground}]").check()
        self.page.get_by_label("Why in this case (the customer reads it)").fill(
            "It keeps your account from being used by others."
        )
        self.press("(Refuse and tell|Propose the refusal)")

    def decide(self):
        self.follow("Decide the appeal")
        self.page.get_by_label("The refusal stands").check()
        self.page.get_by_label("Why (the customer reads it)").fill("I looked at it anew and come to the same end.")
        self.press("Decide and tell the customer")

    def extend(self):
        self.follow("Move or stop the date")
        longer = self.page.locator("section[aria-labelledby=longer]")
        longer.locator("input[name=because]").first.check()
        longer.get_by_label("Why in this case (the customer reads it)").fill("Many old orders hang together here.")
        self.press("Move the date and tell the customer")

    def ask(self):
        self.follow("Move or stop the date")
        self.page.locator("input[name=reason]").first.check()
        self.page.get_by_label("What you ask the customer").fill("Which of the two customer numbers is yours?")
        self.press("Ask, and stop the clock")

    def take_in(self, address):
        """A letter of today; gives the number of its case."""
        self.page.goto("/console/intake")
        self.page.locator("input[name=came_by][value=letter]").check()
        self.page.get_by_label("Arrived on").fill(clock.now().date().isoformat())
        self.page.get_by_label("E-mail address of the customer").fill(address)
        self.page.get_by_label("What is asked for").select_option("complaint")
        self.page.get_by_label("What the customer asks, in their words").fill("Your van blocked my door.")
        self.press("Take it in")
        return self.page.url.rpartition("/")[2].partition("#")[0]


ACTS = {
    "answer": Desk.answer, "answer with a template": Desk.answer_with_a_template, "release": Desk.release, "correct": Desk.answer,
    "settle": Desk.settle, "answer an objection": Desk.settle, "answer a complaint": Desk.answer,
    "refuse": lambda desk: desk.refuse("compelling_grounds"), "refuse by two": lambda desk: desk.refuse("excessive"), "decide": Desk.decide,
    "extend": Desk.extend, "ask": Desk.ask,
}  # fmt: skip


@pytest.fixture
def desks(tmp_path):
    """The site, and browsers without scripts for who works and for a colleague."""
    site = open_site(tmp_path / "demo")
    with answering(site.app) as (port, _front):
        contexts = [
            shared_chromium().new_context(java_script_enabled=False, locale="en", base_url=f"http://localhost:{port}")
            for _ in range(2)
        ]
        yield site, *(Desk(site, context.new_page()) for context in contexts)
        for context in contexts:
            context.close()
    site.running.database.close()


@pytest.mark.sampled
@pytest.mark.timeout(600)
@pytest.mark.parametrize("amounts", [dict.fromkeys(FORTY, 1), FORTY], ids=["one of each", "forty"])
def test_one_person_works_off_a_day_of_mixed_cases_through_the_console_alone(desks, amounts):
    site, desk, colleague = desks
    codes, others = hire(site, "privacy_officer"), hire(site, "approver", address=COLLEAGUE)
    waiting = seed_day(site, amounts)
    desk.sign_in(AGENT, codes[0])
    for one in waiting:
        desk.open_case(one.number)
        ACTS[one.todo](desk)
        desk.page.goto("/console/cases")
    letter = desk.take_in("letter-writer@example.org")
    desk.open_case(letter)
    desk.answer("We are sorry. The driver knows now.")
    colleague.sign_in(COLLEAGUE, others[0])
    for one in waiting:
        if one.todo == "refuse by two":
            colleague.page.goto(f"/console/cases/{one.number}/proposal")
            colleague.press("Approve, and do it now")
    site.work()
    with site.running.database.reading(registry.ids()[COMPANY]) as db:
        states = dict(db.execute(select(Case.number, Case.state)).all())
        acts = set(db.scalars(select(AuditEntry.target).where(AuditEntry.actor.like("staff:%"), AuditEntry.act != "case.read")))
    assert {one.number: states[one.number] for one in waiting if one.todo in ENDS} == {
        one.number: ENDS[one.todo] for one in waiting if one.todo in ENDS
    }
    assert states[letter] is CaseState.ANSWERED
    assert {f"case:{one.number}" for one in waiting} <= acts, "each act left its entry"
    # What is still open waits for the customer or has more time; nothing waits for staff.
    open_ones = {one.number for one in waiting if states[one.number] in OPEN_STATES}
    assert open_ones <= {one.number for one in waiting if one.todo in ("extend", "ask")}
    desk.page.goto("/console/cases?stage=decision")
    assert not [one.number for one in waiting if one.todo not in ("extend", "ask") and one.number in desk.page.inner_text("main")]


def test_the_day_has_forty_cases():
    assert sum(FORTY.values()) + BESIDE == 40
