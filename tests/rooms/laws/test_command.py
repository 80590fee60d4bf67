"""`portal laws`: which laws there are and how a date comes about, without a database, and never an unread figure as a read one."""

import pytest

from portal.cli import main


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["laws", *words]) == 0
    return capsys.readouterr().out


def test_the_list_says_which_laws_may_be_used_and_which_wait_for_a_reviewer(capsys: pytest.CaptureFixture[str]) -> None:
    lines = {line.split()[0]: line for line in said(capsys, "list").splitlines()}
    assert len(lines) == 31
    assert "off until" not in lines["us_ca"] and "45 days" in lines["us_ca"] and "reviewed 2026-11-23" in lines["us_ca"]
    assert "off until a company names a reviewer" in lines["us_va"]


def test_a_date_is_explained_step_by_step_with_its_articles(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "show", "us_ca", "--received", "2026-03-02")
    for step in ("Received on Monday 2 March 2026", "45 days to answer ends on Thursday 16 April 2026 (Civ. Code 1798.130(a)(2)",
                 "Receipt is confirmed by Monday 16 March 2026", "extended to Sunday 31 May 2026"):  # fmt: skip
        assert step in text
    assert "15 business days to answer ends on Monday 23 March 2026" in said(
        capsys, "show", "us_ca", "--received", "2026-03-02", "--kind", "opt_out_of_sale"
    )


def test_the_company_s_zone_and_its_country_s_holidays_count(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("show", "eu_gdpr", "--received", "2026-04-01", "--zone", "Europe/Oslo")
    assert "The portal works towards" in said(capsys, *words, "--holidays", "NO")
    assert "runs to" not in said(capsys, *words)
    assert "That is a public holiday, so it runs to Monday 4 May 2026" in said(capsys, *words, "--holidays", "DE")


def test_what_nobody_has_read_is_marked_where_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "show", "us_va", "--received", "2026-03-02")
    assert "Not read in its source" in text and "not read in its source)." in text
    assert "not read" not in said(capsys, "show", "us_ca", "--received", "2026-03-02")


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("show", "us_cal"), "Did you mean `us_ca`?"),
        (("show", "us_ca", "--received", "2026-03-02", "--zone", "Mars"), "Europe/Oslo"),
        (("show", "us_ca", "--received", "2026-03-02", "--holidays", "XX"), "does not know XX"),
    ],
)
def test_a_mistake_is_one_line_with_its_remedy(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], remedy: str) -> None:
    assert main(["laws", *words]) == 1
    told = capsys.readouterr().err
    assert remedy in told and len(told.strip().splitlines()) == 1
