"""`portal.yaml`: every mistake names file, line, key and remedy, and nothing half-understood runs."""

import shutil

import pytest

from portal.config import load_config
from portal.core.documents import DocumentError
from tests.rooms.world import COMPANIES


@pytest.fixture
def changed(tmp_path):
    """Load the test companies with one piece of text replaced; gives the error that comes of it."""
    shutil.copytree(COMPANIES.parent, tmp_path / "companies")
    file = tmp_path / "companies" / "portal.yaml"

    def load(old, new):
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))
        with pytest.raises(DocumentError) as caught:
            load_config(file)
        return caught.value

    return load


def line_with(words):
    return next(number for number, line in enumerate(COMPANIES.read_text().splitlines(), 1) if words in line)


def test_the_file_loads():
    assert len(load_config(COMPANIES).portal.companies) == 2


def test_an_unknown_key_names_its_line_and_the_key_that_was_meant(changed):
    error = changed("legal_name:", "legal_nmae:")
    assert error.line == line_with("legal_name:")
    assert "`legal_name`" in error.remedy


@pytest.mark.parametrize(
    ("code", "words"), [("NO", "A bare NO"), ("47", "reads as a number"), ("2026-12-25", "reads as a number or a day")]
)
def test_a_text_that_yaml_takes_for_something_else_has_to_be_quoted(changed, code, words):
    country = next(line for line in COMPANIES.read_text().splitlines() if line.strip().startswith("country:"))
    error = changed(country, f"{country.partition(':')[0]}: {code}")
    assert error.line == line_with(country.strip())
    assert words in error.problem
    assert "in quotes" in error.remedy


def test_marketing_that_nobody_could_object_to_at_once_is_a_mistake(changed):
    ground = "basis: legitimate_interest\n        interest: {en: to sell more, de: mehr zu verkaufen}"
    error = changed("basis: contract", f"{ground}\n        marketing: true")
    assert "Nobody can object to this at once" in error.problem
    assert "Art. 21(2) and (3)" in error.remedy


def test_several_mistakes_are_named_at_once_in_the_order_of_their_lines(tmp_path):
    shutil.copytree(COMPANIES.parent, tmp_path / "companies")
    file = tmp_path / "companies" / "portal.yaml"
    text = file.read_text()
    country = next(line.strip() for line in text.splitlines() if line.strip().startswith("country:"))
    file.write_text(text.replace("legal_name:", "legal_nmae:", 1).replace(country, "country: Norge", 1))
    with pytest.raises(DocumentError) as caught:
        load_config(file)
    told = str(caught.value).splitlines()
    assert len(told) == 2
    lines = [int(line.removeprefix(f"{file}:").split(":")[0]) for line in told]
    assert lines == sorted([line_with("legal_name:"), line_with(country)])
    assert all("legal_name" in line or "country" in line for line in told)
    assert sum("This key is not known." in line for line in told) == 1


def test_a_file_of_another_kind_is_not_answered_with_hundreds_of_lines(tmp_path):
    shutil.copytree(COMPANIES.parent, tmp_path / "companies")
    file = tmp_path / "companies" / "portal.yaml"
    file.write_text(file.read_text() + "".join(f"\nkey_{number}: 1" for number in range(100)) + "\n")
    with pytest.raises(DocumentError) as caught:
        load_config(file)
    assert len(str(caught.value).splitlines()) == 20


def test_a_missing_translation_names_text_and_language(changed):
    text = COMPANIES.read_text()
    languages = next(line for line in text.splitlines() if line.strip().startswith("languages:"))
    error = changed(languages.strip(), languages.strip().replace("]", ", fr]"))
    assert "`fr`" in error.problem
    assert error.line > 1


SYSTEM = """systems:
      shop:
        kind: sql
        title: {en: Shop, de: Laden}
        collections:
          shop.customers:
            title: {en: Customers, de: Kunden}
            source: nobody
            purpose: orders
            retention: three_years
            recipients: []
"""


def test_a_reference_that_leads_nowhere_is_named_with_its_line(changed):
    error = changed("systems: {}\n", SYSTEM)
    assert "`nobody` is not one of the sources" in error.problem
    assert error.line == line_with("systems: {}") + 7


TEMPLATE = """answer_templates:
      thanks:
        title: {en: Thanks, de: Dank}
        kinds: [question]
        text:
          en: "Thank you for {case_number}."
          de: "Danke für {case_number}."
    systems: {}
"""
ENGLISH, GERMAN = "Thank you for {case_number}.", "Danke für {case_number}."


@pytest.mark.parametrize(
    ("old", "new", "line", "problem", "remedy"),
    [
        (GERMAN, "Danke.", 6, "The placeholder {case_number} is missing.", "take it out of the other languages"),
        (ENGLISH, ENGLISH + " {due_date}", 6, "The placeholder {due_date} is missing.", "Add it"),
        (GERMAN, "Danke für {case_nummer}.", 6, "`{case_nummer}` is not a placeholder.", "{due_date}"),
        (ENGLISH, "Thank you for {}.", 5, "`{}` is not a placeholder.", "Known are"),
        (ENGLISH, ENGLISH + " {company", 5, "A brace has no other one.", "{company}"),
        (ENGLISH, ENGLISH + " }", 5, "A brace has no other one.", "leave the brace out"),
        (ENGLISH, ENGLISH + " {{7*1111111111}}", 5, "`{7*1111111111}` is not", "Known are"),
        (ENGLISH, ENGLISH + " {0.__class__}", 5, "`{0.__class__}` is not", "Known are"),
        (ENGLISH, ENGLISH + " {case_number.__class__}", 5, "`{case_number.__class__}` is not", "Known are"),
        (ENGLISH, ENGLISH + "x" * 3000, 5, "at most 3000 characters", "Make two of it"),
        (f'          de: "{GERMAN}"\n', "", 4, "The text in `de` is missing.", "Add `de:`"),
        ("[question]", "[query]", 3, "Input should be 'access'", "portal-yaml.md"),
        ("        kinds", "        subject: x\n        kinds", 3, "This key is not known.", ""),
    ],
)
def test_a_template_of_an_answer_that_could_be_sent_wrong_is_named_with_its_line(changed, old, new, line, problem, remedy):
    assert old in TEMPLATE
    error = changed("systems: {}\n", TEMPLATE.replace(old, new, 1))
    assert problem in error.problem and remedy in error.remedy
    assert error.line == line_with("systems: {}") + line
    assert error.key.startswith("companies.first.answer_templates.thanks")


def test_colours_that_cannot_be_read_are_refused(changed):
    line = next(line for line in COMPANIES.read_text().splitlines() if "accent_ink" in line)
    old = line.split("accent_ink:")[1].split(",")[0].split("}")[0].strip()
    accent = line.split("accent:")[1].split(",")[0].strip() if "accent:" in line else old
    error = changed(f"accent_ink: {old}", f"accent_ink: {accent}")
    assert "contrast" in error.problem


def test_two_companies_cannot_share_a_host(tmp_path, changed):
    hosts = [line.strip() for line in COMPANIES.read_text().splitlines() if line.strip().startswith("hosts:")]
    error = changed(hosts[1], hosts[0])
    assert "belongs to" in error.problem


def test_what_the_law_asks_for_cannot_be_left_out(changed):
    line = next(line.strip() for line in COMPANIES.read_text().splitlines() if line.strip().startswith("decisions:"))
    assert "missing" in changed(line, "").problem


def test_a_file_that_is_not_there_is_an_error_in_words(tmp_path):
    with pytest.raises(DocumentError, match="cannot be read"):
        load_config(tmp_path / "portal.yaml")


@pytest.mark.parametrize("content", ["", "[]", "version: 2\ncompanies: {}", "companies:"])
def test_a_file_without_companies_is_an_error_in_words(tmp_path, content):
    file = tmp_path / "portal.yaml"
    file.write_text(content)
    with pytest.raises(DocumentError):
        load_config(file)
