"""Harness (a): every route x every method x {nobody, the person, another person, another company}; what is said, and what is written."""

import re

import pytest

from portal.accounts.roles import PERMISSIONS
from tests.attachments import PDF, sent
from tests.doors.links import token_for
from tests.doors.tables import changed, digest, strip
from tests.doors.walked import MAREN
from tests.pages import fields_of

MAY_CHANGE_ON_GET = {"limit_counter", "session", "held_read", "planned_read"}
"""Counting for limits, last-seen, and the ten minutes for which a reading is kept."""


@pytest.fixture
def grounds(walked):
    """Maren with a case that has a file, and a session; another customer, and a customer of the other company."""
    maren, other, foreign = walked.three()
    own_session = re.search(r"/sessions/(\d+)/end", maren.open("/sessions").text)
    assert own_session
    maren.open(f"/requests/{walked.number}")
    maren.submit("Send message", message="See this.", files=sent(("a.pdf", PDF)))
    file = re.search(r"/files/([\w-]+)", maren.answer.text)
    assert file
    walked.site.seen["file"] = file[1]
    return walked.site, maren, other, foreign, walked.number, own_session[1]


def paths(site, rule, number, session):
    """The rule's address with Maren's ids, and with ids that nobody has; once where it takes none."""
    if not rule.arguments:
        return [str(rule)]
    fill = {
        "token": ("x" * 43, "y" * 43),
        "search": ("x" * 43, "y" * 43),
        "person": ("x" * 12, "y" * 12),
        "mail": ("nothing", "none"),
        "page": ("nothing", "none"),
        "theme": ("nothing", "none"),
        "style": ("nothing", "none"),
        "language": ("xx", "yy"),
        "hold": ("1", "99999999"),
        "task": ("AAAA-BBBB-CCCC", "BBBB-CCCC-DDDD"),
        "name": ("portal.css", "nothing.css"),
        "number": (number, "AAAA-BBBB-CCCC"),
        "file": (site.seen["file"], "AAAA-BBBB-CCCC"),
    }
    if "int:number" in str(rule):
        fill["number"] = (session, "99999999")
    for made_up in ("endpoint", "message", "kind", "mail", "language"):
        fill[made_up] = ("7kq2m9xd4tbr", "9kq2m9xd4tbr")

    def filled(which):
        return re.sub(r"<[^>]*?(\w+)>", lambda found: fill[found[1]][which], str(rule))

    return [filled(0), filled(1)]


def link_paths(rule):
    """The rule's address with a link that opens, where it takes one."""
    return [str(rule).replace("<token>", token_for(MAREN))] if rule.endpoint.startswith(("link_page", "one_click")) else []


def test_every_route_names_its_guard_and_unsafe_methods_have_routes_of_their_own(site):
    for rule in site.app.url_map.iter_rules():
        view = site.app.view_functions[rule.endpoint]
        guard = getattr(view, "guard", None)
        assert guard is not None, f"{rule} has no guard"
        assert guard.kind in ("public", "person", "link", "api_key", "staff")
        assert guard.kind != "link" or guard.detail in ("preferences", "stop")
        assert (guard.kind == "staff") is str(rule).startswith("/console") or guard.kind == "public"
        assert guard.kind != "staff" or guard.detail.removesuffix(" fresh") in {*PERMISSIONS, "arriving"}, rule
        if guard.kind == "public":
            assert len(guard.detail) > 10, f"{rule} does not say why it is public"
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        assert methods in ({"GET"}, {"POST"}, {"DELETE"}), f"{rule} serves {methods} under one guard (H1)"


SAME_FOR_ALL = ("/static/", "/.well-known/")


def check_what_may_be_kept(path, answer):
    """Nothing but files that are the same for everyone is kept on its way, also where the answer is a refusal or leads elsewhere (H8)."""
    if not path.startswith(SAME_FOR_ALL):
        assert answer.headers["Cache-Control"] == "no-store", (path, answer.status_code)
        varies = {one.strip() for one in answer.headers["Vary"].split(",")}
        assert {"Cookie", "Accept-Language", "Sec-GPC"} <= varies, (path, answer.status_code)
    elif answer.status_code == 200:
        assert "Set-Cookie" not in answer.headers, path


def test_H1_H8_no_reading_right_ever_writes_and_no_answer_may_be_kept(grounds):
    site, maren, other, foreign, number, session = grounds
    for rule in site.app.url_map.iter_rules():
        for path in [*paths(site, rule, number, session), *link_paths(rule)]:
            for browser in (site.browser(), maren, other, foreign):
                for method in ("GET", "HEAD", "OPTIONS"):
                    before = digest(site)
                    answer = browser.client.open(path, method=method, base_url=f"http://{browser.host}", headers=browser.headers)
                    assert answer.status_code < 500, (method, path, answer.status_code)
                    check_what_may_be_kept(path, answer)
                    touched = changed(before, digest(site)) - MAY_CHANGE_ON_GET
                    assert touched == set(), (method, path, touched)


def test_H1_a_method_that_a_route_does_not_serve_is_refused_and_writes_nothing(grounds):
    site, maren, _other, _foreign, number, session = grounds
    for rule in site.app.url_map.iter_rules():
        for path in paths(site, rule, number, session):
            served = {m for r in site.app.url_map.iter_rules() if str(r) == str(rule) for m in r.methods or set()}
            for method in {"POST", "PUT", "PATCH", "DELETE", "TRACE"} - served:
                before = digest(site)
                answer = maren.client.open(
                    path, method=method, base_url=f"http://{maren.host}", headers={"Sec-Fetch-Site": "same-origin"}
                )
                assert answer.status_code in (400, 403, 405), (method, path, answer.status_code)
                assert changed(before, digest(site)) - {"limit_counter"} == set()


def test_H3_a_foreign_id_answers_like_a_missing_one(grounds):
    site, _maren, other, foreign, number, session = grounds
    for rule in site.app.url_map.iter_rules():
        theirs = paths(site, rule, number, session)
        if len(theirs) == 1 or "static" in str(rule) or "mailbox" in str(rule):
            continue
        for browser in (site.browser(), other, foreign):
            method = "GET" if "GET" in (rule.methods or set()) else "POST"
            before = digest(site)
            answers = []
            for path in theirs:
                values = {}
                if method == "POST":
                    browser.open("/sign-in")
                    values = {"csrf_token": browser.form(browser.page.all("main")[0].all("button")[0].words)[1]["csrf_token"]}
                answer = browser.client.open(
                    path, method=method, data=values, base_url=f"http://{browser.host}", headers={"Sec-Fetch-Site": "same-origin"}
                )
                # A page may say its own address, and that of the page above it (behind the choice of the language).
                above = path.rpartition("/")[0] if path.count("/") > 2 else path
                body = answer.text.replace(path, "").replace(above, "").replace(number, "").replace("AAAA-BBBB-CCCC", "")
                location = re.sub(r"next=[^&]*", "next", answer.headers.get("Location", ""))
                answers.append((answer.status_code, location, strip(re.sub(r"next=[^\"&]*|lang=\w+|value=\"[^\"]*\"", "", body))))
            assert answers[0] == answers[1], (rule, browser.host)
            assert changed(before, digest(site)) - MAY_CHANGE_ON_GET == set(), rule


def test_H2_what_is_refused_leaves_every_table_but_limits_as_it_was(grounds):
    site, maren, other, _foreign, number, session = grounds
    for path, values in (
        (f"/requests/{number}/stop", {}),
        (f"/requests/{number}/write", {"message": "Not mine"}),
        ("/ask", {}),
        ("/rights/complaint", {}),
        (f"/requests/{number}/appeal", {"message": "Nothing was refused"}),
        ("/rights/nomination", {"message": "Not offered"}),
        ("/address", {"email": "rubbish"}),
        ("/address/code", {"code": "0000 0000"}),
        ("/address/act", {"token": "x" * 43, "act": "confirm"}),
        ("/numbers", {"kind": "customer_number"}),
        ("/numbers/1/remove", {}),
        ("/address/act", {"token": "x" * 43, "act": "undo", "email": "x@example.org"}),
        (f"/requests/{number}/download", {}),
        (f"/sessions/{session}/end", {}),
        ("/get-a-copy", {"scope": "rubbish"}),
        ("/get-a-copy/ask", {"scope": "some", "categories": ["no such group"]}),
        ("/get-a-copy/ask", {}),
        ("/preferences", {"seen": "0", "say-newsletter-email": "rubbish"}),
        ("/preferences", {"say-newsletter-email": "no"}),
        ("/preferences/pause", {"until": "yesterday"}),
        ("/preferences/undo", {"acts": "1 2 3"}),
        ("/receipt", {"receipt": "rubbish"}),
        ("/receipt", {}),
        ("/preferences/effect", {"seen": "0", "say-newsletter-email": "rubbish"}),
        ("/in", {"token": "x" * 43}),
        ("/in/not-me", {"token": "x" * 43}),
        ("/confirm", {"token": "x" * 43}),
        ("/confirm/no", {"token": "x" * 43}),
        ("/in/fresh", {"token": "x" * 43}),
        ("/sign-in", {"email": "not an address"}),
        ("/erase/plan", {"understood": "y", "seen": "0" * 64}),
        ("/erase/some", {"categories": ["no such group"]}),
        ("/erase/stop", {"token": "x" * 43}),
        ("/erase/result", {"token": "x" * 43}),
        ("/erase/result/certificate", {"token": "x" * 43, "kind": "paper"}),
        (f"/requests/{number}/certificate", {"kind": "signed"}),
    ):
        other.open("/sign-in")
        token = other.form(other.page.all("main")[0].all("button")[0].words)[1]["csrf_token"]
        before = digest(site)
        answer = other.client.post(
            path, data={**values, "csrf_token": token}, base_url=f"http://{other.host}", headers={"Sec-Fetch-Site": "same-origin"}
        )
        assert answer.status_code in (302, 303, 400, 403, 404, 410, 422), (path, answer.status_code)
        assert changed(before, digest(site)) - {"limit_counter", "held_read", "planned_read"} == set(), path
    maren.open(f"/requests/{number}")
    assert maren.status == 200


def test_C3_a_form_takes_no_field_that_is_not_its_own(grounds):
    from portal.core.db import Base

    site, maren, _other, _foreign, _number, _session = grounds
    extra = {
        column.name: "1"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name not in ("token", "scope", "categories")
    }
    plain, laden = site.browser(), site.browser()
    for browser, more in ((plain, {}), (laden, extra)):
        browser.open("/sign-in")
        browser.submit("Send me the link", email="new.person@example.net", **more)
        assert browser.path == "/check-mail"
    with site.running.database.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT state, company_id, code_tries, used_where_asked, ended_at FROM sign_in_request ORDER BY id DESC LIMIT 2"
        ).all()
    assert rows[0] == rows[1]
    maren.open("/get-a-copy")
    maren.submit("Continue", **{**extra, "scope": "some", "categories": ["who"]})
    maren.submit("Make my copy", **extra)
    with site.running.database.engine.connect() as connection:
        case = connection.exec_driver_sql('SELECT state, kind, source, closed_at FROM "case" ORDER BY id DESC LIMIT 1').one()
    assert tuple(case) == ("open", "access", "site", None)


UNASKED = "77317731"


def test_C3_what_no_form_asks_for_is_stored_nowhere(grounds):
    """Each form is sent as it stands, with what it wants filled in, and with every column there is beside it."""
    from portal.core.db import Base

    site, maren, _other, _foreign, number, _session = grounds
    columns = {column.name: UNASKED for table in Base.metadata.sorted_tables for column in table.columns}
    typed = {
        "message": "Here is what I mean.",
        "say-newsletter-email": "no",
        "email": "maren.new@example.net",
        "scope": "all",
        "value": "FK-10001",
        "understood": "y",
    }
    sent = set()
    for path in (
        f"/requests/{number}",
        "/preferences",
        "/ask",
        "/rights/complaint",
        "/rights/objection",
        "/get-a-copy",
        "/data/open",
        "/erase/some",
        "/erase/plan",
        "/address",
        "/sessions",
    ):
        maren.open(path)
        address = maren.address
        for form in maren.page.all("main")[0].all("form"):
            action = form.attributes.get("action") or address
            values = dict(fields_of(form))
            own = {field.attributes.get("name") for tag in ("input", "textarea", "select", "button") for field in form.all(tag)}
            wanted = {name: value for name, value in typed.items() if name in own}
            extra = {name: value for name, value in columns.items() if name not in own}
            maren.post(action, {**extra, **values, **wanted})
            assert maren.status < 500, action
            sent.add(action.partition("?")[0])
    assert {f"/requests/{number}/write", "/preferences", "/ask", "/rights/complaint", "/address"} <= sent, sent
    assert [name for name, rows in digest(site).items() if UNASKED in str(rows)] == []


def test_the_addresses_that_mails_name_are_routes(site):
    from portal.core import urls

    adapter = site.app.url_map.bind("x")
    for path in (
        urls.HOME,
        urls.SIGN_IN,
        urls.HELP,
        urls.LINK.format(token="x"),
        urls.STAFF_LINK.format(token="x"),
        urls.CONFIRM_CHOICE.format(token="x"),
        urls.REQUEST.format(case="7KQ2-M9XD-4TBR"),
        urls.PREFERENCES_LINK.format(token="x"),
        urls.ONE_CLICK.format(token="x"),
        urls.UNDO_STOP.format(token="x"),
    ):
        assert adapter.match(path, method="GET")
