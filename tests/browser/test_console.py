"""The staff's door in Chromium: the passkey ceremony with a virtual authenticator, and its pages dark, narrow, right to left."""

import pytest
from axe_playwright_python.sync_playwright import Axe

import demo
from tests.browser.here import answering
from tests.browser.test_walk import AXE
from tests.chromium import shared_chromium
from tests.doors.site import open_site
from tests.doors.staff import AGENT, hire, hired, link_of

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = open_site(tmp_path_factory.mktemp("console") / "demo")
    site.seen["number"] = proposed_case(site)
    yield site
    site.running.database.close()


def proposed_case(site):
    """The number of a case of which something waits for a second person."""
    customer = site.signed_in(demo.CUSTOMER)
    customer.open("/get-a-copy")
    customer.submit("Continue", scope="all")
    customer.submit("Make my copy")
    number = customer.path.rpartition("/")[2]
    approver = hired(site, "approver", address="third@example.net")
    approver.open(f"/console/cases/{number}/refuse")
    approver.submit("Refuse and tell", ground="excessive", words="Asked nine times this week.")
    return number


@pytest.fixture(scope="module")
def codes(site):
    return hire(site, "privacy_officer")


@pytest.fixture(scope="module")
def url(site):
    with answering(site.app) as (port, _front):
        yield f"http://localhost:{port}"


@pytest.fixture
def page(url):
    with shared_chromium().new_context(reduced_motion="reduce", locale="en", base_url=url) as context:
        yield context.new_page()


def half_in(page, site):
    half_in_as(page, site, AGENT)


def half_in_as(page, site, address):
    page.goto("/console/sign-in")
    page.get_by_label("Your work e-mail address").fill(address)
    page.get_by_role("button", name="Send me the link").click()
    page.goto(link_of(site, address))
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/console/second**")


def with_code(page, site, code):
    half_in(page, site)
    page.get_by_label("Recovery code").fill(code)
    page.get_by_role("button", name="Use this code").click()
    page.wait_for_url(is_in)


def is_in(address):
    return "/second" not in address


def test_a_passkey_is_made_and_signs_in(page, site, codes):
    complaints: list[str] = []
    page.context.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.context.on("weberror", lambda error: complaints.append(str(error.error)))
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
    }  # fmt: skip
    key = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    with_code(page, site, codes.pop())
    page.goto("/console/own")
    page.get_by_role("button", name="Make a passkey").click()
    page.get_by_text("The passkey is kept").wait_for()
    page.get_by_role("button", name="Sign out", exact=True).click()
    half_in(page, site)
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    page.get_by_role("button", name="Use your passkey").click()
    page.get_by_text("The passkey was not accepted").wait_for()
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": True})
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url(is_in)
    page.goto("/console/own")
    page.get_by_text("Made in Chrome on Linux", exact=True).wait_for()
    assert complaints == []


def test_K12_a_link_on_another_site_finds_the_sign_in_again_by_one_press(page, site, codes, url):
    with_code(page, site, codes.pop())
    page.goto("/console/own")
    page.context.route(
        "http://elsewhere.test/",
        lambda route: route.fulfill(body=f'<a href="{url}/console/own">Go</a>', content_type="text/html"),
    )
    page.goto("http://elsewhere.test/")
    page.get_by_role("link", name="Go").click()
    page.get_by_role("heading", name="You come from another site").wait_for()
    page.get_by_role("link", name="Go on").click()
    page.get_by_role("heading", name="Your sign-in").wait_for()


def test_codes_sign_in_without_scripts(site, codes, url):
    with shared_chromium().new_context(reduced_motion="reduce", locale="en", base_url=url, java_script_enabled=False) as context:
        page = context.new_page()
        with_code(page, site, codes.pop())
        page.goto("/console/own")
        page.get_by_role("heading", name="Your sign-in").wait_for()
        assert not page.get_by_role("button", name="Make a passkey").is_visible()


@pytest.mark.sampled
@pytest.mark.parametrize(("language", "scheme"), [("ar", "dark"), ("en", "light"), ("de", "dark")])
def test_pages_of_staff_are_whole_for_everyone(site, codes, url, language, scheme):
    if not codes:
        codes += hire(site, "privacy_officer", address="second@example.net")
    with shared_chromium().new_context(reduced_motion="reduce", locale="en", base_url=url, color_scheme=scheme) as context:
        page = context.new_page()
        page.goto("/console/sign-in")
        look_at(page, f"/console/sign-in?lang={language}", language)
        page.goto("/console/sign-in?lang=en")
        half_in(page, site)
        look_at(page, f"/console/second?lang={language}", language)
        page.goto("/console/second?lang=en")
        page.get_by_label("Recovery code").fill(codes.pop())
        page.get_by_role("button", name="Use this code").click()
        page.wait_for_url(is_in)
        case = f"/console/cases/{site.seen['number']}"
        for path in (*PAGES, case, *(f"{case}/{part}" for part in ("date", "refuse", "kept", "proposal"))):
            look_at(page, f"{path}?lang={language}", language)
        page.goto(case)
        page.locator("form[action$='/texts'] button").click()
        is_whole(page, "texts", language)
        for box in page.locator("input[value=black]").all():
            box.check()
        page.locator("main form button").click()
        assert page.url.endswith("/preview")
        is_whole(page, "preview", language)


PAGES = [
    "/console/own", "/console/cases", "/console/find", "/console/staff", "/console/audit", "/console/proposals", "/console/figures",
    "/console/settings", "/console/settings/mails", "/console/settings/pages", "/console/tasks", "/console/intake",
]  # fmt: skip


def look_at(page, path, language):
    page.goto(path)
    is_whole(page, path, language)


def is_whole(page, path, language):
    assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (path, language, width, wide)
    found = Axe().run(page, options=AXE)
    assert found.violations_count == 0, (path, language, found.generate_report())


def test_a_yes_on_the_telephone_in_two_browsers_with_each_act_on_the_customer_s_page_by_itself(site, url):
    (code,) = hire(site, "agent", address="telephone@example.net")[:1]
    chromium = shared_chromium()
    with (
        chromium.new_context(reduced_motion="reduce", locale="en", base_url=url) as desk,
        chromium.new_context(reduced_motion="reduce", locale="en", base_url=url, viewport={"width": 390, "height": 844}) as phone,
    ):
        staff, customer = desk.new_page(), phone.new_page()
        customer.goto("/sign-in?lang=en")
        customer.get_by_label("Your e-mail address").fill(demo.CUSTOMER)
        customer.get_by_role("button", name="Send me the link").click()
        customer.wait_for_url("**/check-mail**")
        customer.goto(site.link_of(demo.CUSTOMER))
        customer.get_by_role("button", name="Sign in").click()
        customer.goto("/phone?lang=en")
        customer.get_by_text("Nobody asks for your yes now.").wait_for()
        half_in_as(staff, site, "telephone@example.net")
        staff.get_by_label("Recovery code").fill(code)
        staff.get_by_role("button", name="Use this code").click()
        staff.wait_for_url(is_in)
        staff.goto("/console/find")
        staff.locator("input[name=email]").fill(demo.CUSTOMER)
        staff.locator("[name=reason]").fill("A call.")
        staff.get_by_role("button", name="Find their cases").click()
        staff.get_by_role("button", name="Ask for their yes").click()
        staff.get_by_text("The customer has not answered yet.").wait_for()
        customer.get_by_role("heading", name="support asks for your yes").wait_for()
        yes, no = (customer.get_by_role("button", name=name, exact=True).bounding_box() for name in ("Yes, go ahead", "No"))
        assert yes and no and (yes["width"], yes["height"]) == (no["width"], no["height"])
        is_whole(customer, "asked", "en")
        customer.get_by_role("button", name="Yes, go ahead").click()
        customer.get_by_role("heading", name="You are on the telephone with us").wait_for()
        staff.get_by_role("link", name="Look again").click()
        is_whole(staff, "agreed", "en")
        staff.get_by_role("button", name="Stop it all").click()
        staff.get_by_text("Stopped. The customer sees it now").wait_for()
        customer.get_by_text("All advertising was stopped.").wait_for()
        customer.get_by_role("button", name="End it now").click()
        customer.get_by_text("Nobody can do anything for you by telephone now.").wait_for()
        staff.reload()
        staff.get_by_text("This is over.").wait_for()
