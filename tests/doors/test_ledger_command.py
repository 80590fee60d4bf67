"""`portal ledger` as an operator runs it: what it names, and what it never writes over."""

from sqlalchemy import text

from portal.accounts import registry
from portal.cli import main
from portal.commands import ledger as ledger_commands
from tests.doors.site import Site


def test_what_was_changed_behind_the_portal_is_named_and_made_again(own_site, monkeypatch, capsys, tmp_path):
    site: Site = own_site
    monkeypatch.setattr(ledger_commands, "start_for", lambda chosen: (site.running, registry.ids()[chosen.company]))

    def run(act, *words):
        code = main(["ledger", act, "--company", "fjordkaffe", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out + said.err

    head = tmp_path / "head.json"
    assert run("head", "--to", head)[0] == 0
    kept = head.read_text()
    code, said = run("head", "--to", head)
    assert (code, head.read_text()) == (1, kept) and "is there already" in said
    assert run("verify", "--head", head)[0] == 0

    with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        first = text("SELECT person_id, purpose || '.' || channel FROM consent_state WHERE said = 'refused'")
        person, choice = db.execute(first).all()[0]
        db.execute(text(f"UPDATE consent_state SET said = 'given' WHERE person_id = {person}"))
    code, said = run("verify")
    assert code == 1 and f"person {person}, {choice}: says something else than the history" in said
    code, said = run("rebuild")
    assert (
        code == 0 and f"person {person}, {choice}: said something else" in said and " of them said something else before" in said
    )
    assert run("verify", "--head", head)[0] == 0


def test_a_head_of_another_company_or_of_no_text_is_told_in_words(own_site, monkeypatch, capsys, tmp_path):
    site: Site = own_site
    monkeypatch.setattr(ledger_commands, "start_for", lambda chosen: (site.running, registry.ids()[chosen.company]))
    head, picture = tmp_path / "head.json", tmp_path / "head.png"
    assert main(["ledger", "head", "--company", "fjordkaffe", "--to", str(head)]) == 0
    picture.write_bytes(b"\x89PNG\xff\xfe")
    for file, words in ((head, "the right company's"), (picture, "no text in UTF-8")):
        capsys.readouterr()
        assert main(["ledger", "verify", "--company", "alpenrad", "--head", str(file)]) == 1
        assert words in capsys.readouterr().err
