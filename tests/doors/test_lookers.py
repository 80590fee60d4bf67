"""Who looked at a request: told to the person by role, never by name, and only of their own."""

import demo
from portal.accounts import registry
from portal.accounts.companies import record_audit
from portal.accounts.staff import add_staff

MAREN = demo.CUSTOMER


def test_a_look_of_staff_is_told_by_role_and_reason_and_never_by_name(site):
    browser = site.signed_in(MAREN)
    browser.open("/ask")
    browser.submit("Send to a person", message="Who reads this?")
    number = browser.path.rpartition("/")[2]
    assert "Who looked at it" not in browser.words
    with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        actor = add_staff(db, address="ragnhild@example.com", name="Ragnhild", roles=["agent"], by="tests").actor
        for act in ("case.read", "case.read", "case.taken"):
            record_audit(db, actor=actor, act=act, target=f"case:{number}")
        record_audit(db, actor="staff-7", act="case.texts", target=f"case:{number}")
        record_audit(db, actor=actor, act="case.read", target="case:7KQ2-M9XD-4TBR")
    browser.open(f"/requests/{number}")
    [section] = browser.page.all("section", **{"aria-labelledby": "looked"})
    assert (
        "Customer service" in section.words
        and "2 times." in section.words
        and "Opened your request to work on it." in section.words
    )
    assert "Somebody of our staff" in section.words and "before it could be handed out" in section.words
    assert len(section.all("li")) == 2
    assert "Ragnhild" not in browser.answer.text and actor not in browser.answer.text and "staff-7" not in browser.answer.text
