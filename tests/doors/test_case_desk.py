"""`portal case`: what staff do beside the steps, from an open request to the decision on an appeal, by commands alone."""

import pytest

import demo
from portal.accounts import registry
from portal.cli import main
from portal.commands import case, case_desk


@pytest.fixture
def text(tmp_path):
    """The file that staff write to a customer from."""
    file = tmp_path / "text.txt"
    file.write_text("One sentence for you.")
    return file


@pytest.fixture
def desk(site, monkeypatch, text, capsys):
    """Run one act on a request; gives the exit code and what was said."""
    for module in (case, case_desk):
        monkeypatch.setattr(module, "start_for", lambda chosen: (site.running, registry.ids()[chosen.company]))

    def act(name, number, *words, by="s-1"):
        capsys.readouterr()
        code = main(
            ["case", name, "--company", "fjordkaffe", number, "--by", by, *(str(text) if one == "FILE" else one for one in words)]
        )
        said = capsys.readouterr()
        return code, said.out + said.err

    return act


def objects(site):
    browser = site.signed_in(demo.CUSTOMER)
    browser.open("/rights/objection")
    browser.submit("Send to a person", message="Not for me.")
    return browser, browser.path.rpartition("/")[2]


def test_a_request_is_paused_extended_refused_and_its_appeal_decided_by_somebody_else(site, desk):
    browser, number = objects(site)
    assert desk("verified", number)[0] == 0
    assert desk("pause", number, "--reason", "identity", "--file", "FILE")[0] == 0
    assert desk("pause", number, "--reason", "fee", "--file", "FILE")[0] == 1
    assert desk("resume", number, "--reason", "identity")[0] == 0
    longer = ("--because", "many", "--file", "FILE")
    code, said = desk("extend", number, *longer)
    assert code == 0 and "Nothing is done; add --yes." in said
    assert desk("extend", number, *longer, "--yes")[0] == 0
    assert "once only" in desk("extend", number, *longer, "--yes")[1]
    assert "Settle it first" in desk("answer", number, "--file", "FILE", "--close")[1]
    assert "compelling_grounds" in desk("grounds", number)[1] and "legal_duty" not in desk("grounds", number)[1]
    assert desk("refuse", number, "--ground", "rubbish", "--file", "FILE")[0] == 1
    assert desk("refuse", number, "--ground", "compelling_grounds", "--file", "FILE")[0] == 0
    browser.open(f"/requests/{number}/appeal")
    browser.submit("Send to a person", message="Look again.")
    appeal = browser.path.rpartition("/")[2]
    assert "part of the refusal" in desk("decide", appeal, "--outcome", "denied", "--file", "FILE")[1]
    assert desk("decide", appeal, "--outcome", "denied", "--file", "FILE", by="s-2")[0] == 0
    browser.open(f"/requests/{appeal}")
    assert "One sentence for you." in browser.words


def test_a_file_that_is_no_text_is_one_line_with_its_remedy(site, desk, text):
    _browser, number = objects(site)
    text.write_bytes(b"\xff\xfe\x00")
    code, said = desk("answer", number, "--file", "FILE")
    assert code == 1 and "UTF-8" in said and len(said.strip().splitlines()) == 1
