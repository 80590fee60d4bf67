"""Every page: one h1, a title, a language, labels, unique ids, nothing inline; and what a probe string becomes on it (harness b)."""

import itertools
import re
from datetime import timedelta

import pytest

import demo
from portal.accounts import registry
from portal.cases.laws.model import Ground
from portal.cases.refusing import refuse_case
from portal.core import clock
from portal.people.link_tokens import Scope
from tests.attachments import PDF, SVG, sent
from tests.doors.links import token_for, undo_path
from tests.doors.processes import wait_until
from tests.doors.signing_service import with_service
from tests.doors.site import SECOND_HOST
from tests.doors.staff import black_all, half_in, hired
from tests.pages import fields_of

MAREN, ANOTHER = demo.CUSTOMER, demo.HOUSEHOLD[0]


def pages(site, language):
    """Every page that a customer can come to, by walking there."""
    browser = site.browser()
    browser.open(f"/sign-in?lang={language}")
    yield browser
    browser.post(*_typed(browser, email="rubbish"))
    yield browser
    browser.open("/sign-in")
    browser.post(*_typed(browser, email=MAREN))
    yield browser
    other = site.browser()
    link = site.link_of(MAREN)
    other.open(f"{link}?lang={language}")
    yield other
    browser.open(link)
    yield browser
    browser.post(*_first_form(browser))
    for path in (
        "/",
        "/preferences",
        "/preferences/history",
        "/receipt",
        "/data",
        "/data/open",
        "/requests",
        "/ask",
        "/rights",
        "/rights/objection",
        "/rights/complaint",
        "/address",
        "/address/" + "x" * 43,
        "/numbers",
        "/phone",
        "/sessions",
        "/help",
        "/again",
        "/get-a-copy",
        "/nowhere",
    ):
        browser.open(path)
        yield browser
    receipt = browser.open("/preferences/history/receipt?act=1").text
    for pasted in ("", "rubbish", receipt):
        browser.open("/receipt")
        browser.post(*_typed(browser, receipt=pasted))
        yield browser
    browser.open("/preferences")
    browser.post(*_choices_form(browser, **{"say-newsletter-email": "no"}))
    yield browser
    browser.post(*_choices_form(browser, **{"say-newsletter-email": "perhaps"}))
    yield browser
    browser.open("/get-a-copy")
    browser.post(*_typed(browser, scope="all"))
    yield browser
    browser.post(*_first_form(browser))
    yield browser
    site.work()
    browser.open(browser.path)
    yield browser
    yield from _erasing(site, browser, language)
    yield from _numbers(browser)
    yield from address_pages(site, browser, language)
    browser.open("/data")
    pointed = [one.attributes["href"] for one in browser.page.all("a") if "/data/wrong" in one.attributes.get("href", "")]
    browser.open(pointed[-1])
    yield browser
    browser.post(*_typed(browser, message=""))
    yield browser
    for message in ("", "Nobody answered me."):
        browser.open("/rights/complaint")
        browser.post(*_typed(browser, message=message))
        yield browser
    browser.open("/ask")
    browser.post(*_typed(browser, number="x" * 61))
    yield browser
    browser.post(*_typed(browser, number="FK-1", message="Where is it?"))
    yield browser
    browser.open(link)
    yield browser
    yield from link_pages(site, language)


def link_pages(site, language):
    """Every page of door 2."""
    browser, token, stops = site.browser(), token_for(MAREN, "newsletter.email"), token_for(MAREN, scope=Scope.STOP)
    for path in (f"/p/{token}", f"/p/{stops}", f"/u/{token}", "/p/nothing", "/unsubscribe"):
        browser.open(f"{path}?lang={language}")
        yield browser
    for path in (f"/p/{token}", f"/p/{stops}"):
        browser.open(path, **{"Sec-GPC": "1", "Accept-Language": language})
        yield browser
    accepted = {"Accept-Language": language}
    speaking = site.browser(**accepted)
    for path, values in (
        (f"/p/{token}", {"seen": ""}),
        (f"/p/{token}", {"seen": "0", "say-newsletter-email": "no"}),
        (f"/p/{token}/data", {}),
        (f"/p/{token}/signal", {}),
        (f"/u/{token}", {}),
        (f"/p/{token}/undo", {"undo": "x"}),
        ("/unsubscribe", {"email": "rubbish"}),
        ("/unsubscribe", {"email": MAREN}),
    ):
        speaking.post(path, values)
        yield speaking
    speaking.open(undo_path(next(mail for mail in site.mails(MAREN) if "/undo/" in mail.text)))
    yield speaking


def _numbers(browser):
    """A number that does not fit, and one that does."""
    maren = next(person for person in demo.people("fjordkaffe") if person.email == MAREN)
    for number in ("", "no such number", maren.customer_number):
        browser.open("/numbers")
        path, values = _first_form(browser)
        browser.post(path, {**values, "kind": "customer_number", "value": number})
        yield browser
    assert f"•••{maren.customer_number[-2:]}" in browser.words


def address_pages(site, browser, language):
    """Every page of a change of address, up to its undoing."""
    new = "maren.new@example.net"
    browser.open("/address")
    browser.post(*_typed(browser, email=MAREN))
    yield browser
    browser.post(*_typed(browser, email=new))
    yield browser
    browser.open("/address")
    browser.post(*_typed(browser, code="0000 0000"))
    yield browser
    reader = site.browser(**browser.headers)
    reader.open(f"/sign-in?lang={language}")
    for to, template in ((MAREN, ""), (new, ""), (new, "undo")):
        link = re.search(r"https?://[^/\s]+(/address/[\w-]+)", site.mails(to)[0].text)
        assert link
        for one in (reader, browser):
            one.open(link[1])
            yield one
        path, values = _first_form(browser)
        browser.post(path, {**values, "act": template or "confirm", "email": new if template else ""})
        yield browser
    browser.open("/sign-in")
    browser.post(*_typed(browser, email=MAREN))
    browser.open(site.link_of(MAREN))
    browser.post(*_first_form(browser))


def _erasing(site, browser, language):
    """Every page of deleting one's data, to the cancel from the mail."""
    for path in ("/erase", "/erase/some"):
        browser.open(path)
        yield browser
    browser.post(*_first_form(browser))
    yield browser
    number = next(person.customer_number for person in demo.people("fjordkaffe") if person.email == MAREN)
    browser.open("/erase/plan")
    path, values = _first_form(browser)
    browser.post(path, {**values, "kind": "customer_number", "value": number})
    assert browser.path == "/erase/plan"
    yield browser
    browser.post(*_first_form(browser))
    yield browser
    path, values = _first_form(browser)
    browser.post(path, {**values, "understood": "y"})
    assert browser.path.startswith("/requests/")
    yield browser
    mail = next(mail for mail in site.mails(MAREN) if "/erase/stop/" in mail.text)
    stranger = site.browser()
    link = re.search(r"/erase/stop/[\w-]+", mail.text)
    assert link
    stranger.open(f"{link[0]}?lang={language}")
    yield stranger
    stranger.post(*_first_form(stranger))
    yield stranger
    stranger.post(*_typed(stranger, email=MAREN))
    yield stranger
    stranger.open("/erase/result/" + "x" * 43)
    yield stranger
    browser.open(browser.path)
    yield browser


def erased_pages(site, language):
    """What stands at the end: the result on its page and by the link of the last mail, and what was kept for who comes back."""
    browser = site.signed_in(ANOTHER.email)
    browser.open(f"/?lang={language}")
    wait_until(lambda: _shows_the_plan(browser), seconds=90)
    path, values = _first_form(browser)
    browser.post(path, {**values, "understood": "y"})
    assert browser.path.startswith("/requests/")
    with clock.moved(timedelta(hours=73)):
        link = re.search(r"/erase/result/[\w-]+", site.mails(ANOTHER.email)[0].text)
        assert link
        stranger = site.browser()
        stranger.open(f"{link[0]}?lang={language}")
        yield stranger
        stranger.post(*_first_form(stranger))
        assert stranger.page.all("section", **{"aria-labelledby": "certificate"})
        yield stranger
        back = site.signed_in(ANOTHER.email)
        back.open(f"/data?lang={language}")
        assert back.page.all("section", **{"aria-labelledby": "kept"})
        yield back


def shared_pages(site, language):
    """Where others may read the mailbox: the code on the page of the request, and what the link of the last mail says with and without it."""
    one = demo.SHARED[0]
    browser = site.signed_in(one.email)
    browser.open(f"/?lang={language}")
    wait_until(lambda: _shows_the_plan(browser, one), seconds=90)
    path, values = _first_form(browser)
    browser.post(path, {**values, "understood": "y"})
    (section,) = browser.page.all("section", **{"aria-labelledby": "code"})
    yield browser
    with clock.moved(timedelta(hours=73)):
        link = next(found for mail in site.mails(one.email) if (found := re.search(r"/erase/result/[\w-]+", mail.text)))
        stranger = site.browser()
        stranger.open(f"{link[0]}?lang={language}")
        yield stranger
        stranger.post(*_first_form(stranger))
        yield stranger
        stranger.post(*_typed(stranger, code="2222-2222"))
        assert stranger.status == 422
        yield stranger
        (code,) = re.findall(r"[2-9A-Z]{4}-[2-9A-Z]{4}", section.words)
        stranger.post(*_typed(stranger, code=code))
        assert stranger.page.all("section", **{"aria-labelledby": "certificate"})
        yield stranger


def refused_pages(site, language):
    """A request that was refused, the form for a second look, and the appeal."""
    browser = site.signed_in(MAREN)
    browser.open(f"/rights/complaint?lang={language}")
    browser.open("/get-a-copy")
    browser.post(*_typed(browser, scope="all"))
    browser.post(*_first_form(browser))
    number = browser.path.rpartition("/")[2]
    for files in (("a.svg", SVG), ("a.pdf", PDF)):
        yield _with_files(browser, "/write", files, message="See this.")
    assert browser.page.all("a", download="")
    with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        refuse_case(db, number, ground=Ground.CANNOT_IDENTIFY, words="So it is.", actor="s-1")
    for path in (f"/requests/{number}", f"/requests/{number}/appeal"):
        browser.open(path)
        yield browser
    for message in ("", "Look again."):
        browser.post(*_typed(browser, message=message))
        yield browser
    assert browser.path not in (f"/requests/{number}", f"/requests/{number}/appeal")


def acting_pages(site, language):
    """Asking for somebody else, from the page that says how to the answer; the person's yes; what staff see of it."""
    maren, acts = site.signed_in(MAREN), site.signed_in("acts@agents.example")
    acts.open(f"/for-somebody-else?lang={language}")
    yield acts
    acts.open("/for-somebody-else/ask")
    yield acts
    typed = {"role": "agent", "named": "Ada", "whose": MAREN, "wish": "access", "message": "All of it, please."}
    acts.post(*_typed(acts))
    yield acts
    path, values = _typed(acts, **typed)
    acts.post(path, {**values, "files": sent(("mandate.pdf", PDF))})
    number = acts.path.rpartition("/")[2]
    yield acts
    acts.open("/for-somebody-else/ask")
    acts.post(*_typed(acts, **{**typed, "wish": "stop_marketing", "message": ""}))
    yield acts
    site.work()
    staff = hired(site)
    staff.open(f"/console/cases/{number}?lang={language}")
    yield staff
    path, values = next(
        (form.attributes["action"], fields_of(form))
        for form in staff.page.all("form")
        if form.attributes["action"].endswith("/mandate")
    )
    for decided in ({}, {"mandate": "accept"}):
        staff.post(path, {**values, **decided})
        yield staff
    for path in ("/requests", f"/for-you/{number}"):
        maren.open(f"{path}?lang={language}")
        yield maren
    maren.post(*_first_form(maren))
    yield maren
    acts.open(f"/requests/{number}")
    yield acts


def _by_phone(customer, staff, token, language):
    """The phone desk and the customer's page beside it: asked, agreed, something done, over, and asked too often."""
    found = staff.path
    staff.post(f"{found}/phone", {"csrf_token": token})
    desk = staff.path
    yield staff
    for path in ("/", "/phone"):
        customer.open(f"{path}?lang={language}")
        yield customer
    forms = re.findall(r'action="(/phone/[^"]+)"', customer.answer.text)
    customer.post(forms[0], {"csrf_token": fields_of(customer.page)["csrf_token"]})
    yield customer
    for act, values in (("", {}), ("/case", {"kind": "question", "text": ""}), ("/stop", {}), ("/end", {})):
        staff.post(f"{desk}{act}", {"csrf_token": token, **values}) if act else staff.open(desk)
        yield staff
    customer.open("/phone")
    yield customer
    for _again in range(6):
        staff.post(f"{found}/phone", {"csrf_token": token})
    yield staff


def console_pages(site, language):
    """Every page of door 4: signing in, the queue, a case and all that can be done with it, what two people decide, and what stands beside."""
    customer = site.signed_in(MAREN)
    customer.open("/get-a-copy")
    customer.post(*_typed(customer, scope="all"))
    customer.post(*_first_form(customer))
    number = customer.path.rpartition("/")[2]
    site.work()
    one = hired(site, "approver")
    nobody = site.browser("localhost:8080")
    for path in ("/console/sign-in", "/console/sent", "/console/in/" + "x" * 43):
        nobody.open(f"{path}?lang={language}")
        yield nobody
    half = half_in(site)
    half.open(f"/console/second?lang={language}")
    yield half
    half.post(*_typed(half, code="AAAA-BBBB-CCCC"))
    yield half
    case = f"/console/cases/{number}"
    one.open(f"/console/cases?lang={language}")
    yield one
    one.open(case)
    for template in ("no such", "one_more_detail"):
        yield _with_files(one, "/answer", ("a.pdf", PDF), act="/draft", template=template)
    for files in (("a.svg", SVG), ("a.pdf", PDF)):
        yield _with_files(one, "/answer", files, answer="See this.")
    assert one.page.all("a", download="")
    for path in ("/console/find", "/console/own", "/console/proposals", "/console/proposals/several", "/console/staff", case, f"{case}/date",
                 f"{case}/kept", f"{case}/proposal", "/console/cases/AAAA-BBBB-CCCC", f"{case}/refuse"):  # fmt: skip
        one.open(path)
        yield one
    path, values = _first_form(one)
    for typed in ({}, {"ground": "excessive", "words": "Nine times."}, {"ground": "unfounded", "words": "No."}):
        one.post(path, {**values, **typed})
        yield one
    one.open(case)
    token = one.page.all("input", name="csrf_token")[0].attributes["value"]
    one.post(f"{case}/texts", {"csrf_token": token})
    assert one.page.all("input", name="withhold")
    yield one
    asked = f"{case}/preview"
    shown = _first_form(one)
    one.post(*shown)
    assert one.status == 422, "nothing is decided yet"
    yield one
    one.post(asked, {**shown[1], **black_all(one)})
    assert one.status == 200
    yield one
    one.post("/console/find", {"csrf_token": token, "kind": "email", "email": MAREN, "reason": "She called."})
    assert one.path.startswith("/console/found/")
    yield one
    yield from _by_phone(customer, one, token, language)
    yield from _two_people(site, case, one, language)
    with with_service(site, "http://127.0.0.1:9"):
        one.open("/console/own")
        yield one
        for path in (
            "/console/sign-in",
            "/console/account",
            "/console/account/back?code=x&state=y",
            "/console/account/back?error=no",
        ):
            nobody.open(f"{path}{'&' if '?' in path else '?'}lang={language}")
            yield nobody


def _two_people(site, case, one, language):
    second = hired(site, "privacy_officer", "admin", address="second@example.net")
    beside = (
        "/console/proposals",
        "/console/audit",
        "/console/staff",
        "/console/figures",
        "/console/settings",
        "/console/settings/mails",
        f"/console/settings/mails/extended/{language}",
        f"{case}/proposal",
    )
    for path in beside:
        second.open(f"{path}?lang={language}")
        yield second
    proposal = second.page.all("input", name="proposal")[0].attributes["value"]
    second.open(f"/console/proposals/several?pick={proposal}")
    assert proposal in second.answer.text
    yield second
    token = second.page.all("input", name="csrf_token")[0].attributes["value"]
    second.post(f"{case}/proposal/decline", {"csrf_token": token, "proposal": proposal, "reason": ""})
    yield second
    one.open(f"{case}/proposal")
    yield one
    with clock.moved(timedelta(minutes=11)):
        second.post(f"{case}/proposal/decline", {"csrf_token": token, "proposal": proposal, "reason": "No."})
        assert second.status == 428
        yield second
    second.post(f"{case}/proposal/decline", {"csrf_token": token, "proposal": proposal, "reason": "No."})
    yield second


def _shows_the_plan(browser, person=ANOTHER):
    """Whether the plan is there to be confirmed. A late system on a busy machine brings its answer by itself; then it is looked at again."""
    browser.open("/erase/plan")
    if browser.page.all("input", name="value"):
        path, values = _first_form(browser)
        browser.post(path, {**values, "kind": "customer_number", "value": person.customer_number})
    return browser.page.all("input", name="understood")


def _with_files(browser, action, file, *, act="", **typed):
    """The form of messages of this page, sent with a file; to `act` in place of its own address."""
    form = next(one for one in browser.page.all("form") if one.attributes.get("action", "").endswith(action))
    path = form.attributes["action"]
    browser.post(path.replace(action, act) if act else path, {**fields_of(form), **typed, "files": sent(file)})
    return browser


def _first_form(browser):
    form = browser.page.all("main")[0].all("form")[0]
    words = form.all("button")[0].words
    return browser.form(words)


def _choices_form(browser, **typed):
    form = next(form for form in browser.page.all("form") if form.attributes.get("action") == "/preferences")
    path, values = browser.form(form.all("button")[0].words)
    return path, {**values, **typed}


def _typed(browser, **typed):
    path, values = _first_form(browser)
    return path, {**values, **typed}


@pytest.mark.parametrize("language", ["en", "ar", pytest.param("de", marks=pytest.mark.long)])
@pytest.mark.parametrize(
    ("walk", "least"),
    [(pages, 20), (erased_pages, 3), (shared_pages, 3), (refused_pages, 3), (acting_pages, 6), (console_pages, 18)],
)
@pytest.mark.timeout(400)
def test_every_page_is_whole(site, walk, least, language):
    seen = set()
    for browser in walk(site, language):
        page, where = browser.page, f"{browser.path} ({language})"
        seen.add(browser.path)
        html = page.all("html")[0]
        assert html.attributes["lang"] == language, where
        assert html.attributes["dir"] == ("rtl" if language == "ar" else "ltr"), where
        assert len(page.all("h1")) == 1 and page.all("h1")[0].words, where
        assert page.all("title")[0].words, where
        ids = [element.attributes["id"] for element in page.all() if "id" in element.attributes]
        assert len(ids) == len(set(ids)), where
        for control in page.all("input") + page.all("textarea") + page.all("select"):
            if control.attributes.get("type") == "hidden":
                continue
            labelled = page.all("label", **{"for": control.attributes.get("id", "-")}) or "aria-label" in control.attributes
            assert labelled, f"{where}: {control.attributes}"
        levels = [int(element.tag[1]) for element in page.all() if re.fullmatch(r"h[1-6]", element.tag)]
        assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels)), where
        for element in page.all():
            assert not [name for name in element.attributes if name == "style" or name.startswith("on")], where
            assert element.tag not in ("style", "iframe", "object", "embed"), where
            assert element.attributes.get("href", "").partition(":")[0] not in ("javascript", "data"), where
        for script in page.all("script"):
            assert script.attributes.get("src", "").startswith("/static/") and not script.words, where
        for form in page.all("form"):
            if form.attributes.get("method") == "post":
                # Door 2 has no cookie, so nothing that a foreign page could abuse.
                # The pages of a mailed link of staff and of the way back from a sign-in service may read and set none either: the Strict nonce stands in.
                action = form.attributes.get("action", "")
                without = action.startswith(("/p/", "/u/", "/undo/", "/unsubscribe")) or action in (
                    "/console/in",
                    "/console/account/finish",
                )
                assert bool(form.all("input", name="csrf_token")) is not without, where
    assert len(seen) >= least


def test_nothing_is_ticked_for_anyone(site):
    browser, new = site.signed_in(MAREN), site.signed_in(demo.NOBODY)
    for visitor, path in (
        (browser, "/get-a-copy"),
        (browser, "/data/open"),
        (browser, "/ask"),
        (browser, "/rights/objection"),
        (browser, "/erase/some"),
        (new, "/preferences"),
    ):
        visitor.open(path)
        assert not [control for control in visitor.page.all("input") if "checked" in control.attributes], path


def test_H12_what_customers_wrote_is_never_markup(site):
    hostile = site.signed_in(demo.stars.HOSTILE.email)
    for path in ("/", "/data", "/preferences", "/requests"):
        hostile.open(path)
        assert hostile.status == 200
        for element in hostile.page.all("main")[0].all():
            assert element.tag not in ("script", "img", "iframe", "svgx"), path
            assert not [name for name in element.attributes if name.startswith("on")], path


def test_what_one_person_holds_never_stands_on_anothers_page(site):
    others = [person for person in demo.people("fjordkaffe") if person.email not in (MAREN,)][:200]
    browser = site.signed_in(MAREN)
    for path in ("/", "/data"):
        text = browser.open(path).text
        for person in others:
            assert person.email not in text, person.customer_number
    assert not any(name in text for name in demo.stars.STAFF)


def test_two_people_at_one_address_see_nothing_of_each_other(site):
    one, other = demo.stars.SHARED
    browser = site.signed_in(demo.SHARED_ADDRESS)
    for path in ("/", "/data", "/data/open", "/get-a-copy"):
        text = browser.open(path).text
        for person in (one, other):
            assert person.first_name not in text and person.last_name not in text, path
            assert person.customer_number not in text, path
    browser.open("/data/open")
    browser.submit("Open my data", kind="customer_number", value=one.customer_number)
    assert browser.path == "/data"
    assert one.last_name in browser.answer.text or one.first_name in browser.answer.text
    assert other.customer_number not in browser.answer.text
    assert other.first_name not in browser.answer.text or other.first_name == one.first_name


def test_nothing_found_says_where_we_looked_and_what_to_do(site):
    browser = site.signed_in(demo.NOBODY)
    browser.open("/data")
    assert browser.page.all("h1")[0].words.startswith("We found nothing under ")
    assert demo.NOBODY not in browser.page.all("main")[0].words
    assert "Try another address" in browser.words


def test_the_second_company_has_its_own_look_words_and_people(site):
    anna = site.signed_in(demo.stars.ANNA.email, SECOND_HOST)
    anna.open("/data")
    assert anna.status == 200
    assert "Alpenrad" in anna.answer.text
    assert "Fjordkaffe" not in anna.answer.text
