from datetime import date
from pathlib import Path

import pytest

from portal.cases.laws import Review, load_law
from portal.cases.laws.loading import FOLDER, load_laws, read_law, shipped, unknown_law
from portal.cases.laws.model import LawNeedsReview, StopReason
from portal.core.documents import DocumentError

GOOD = (FOLDER / "eu_gdpr.yaml").read_text()


def write(tmp_path: Path, text: str, name: str = "eu_gdpr") -> Path:
    path = tmp_path / f"{name}.yaml"
    path.write_text(text)
    return path


def test_every_shipped_law_loads_and_is_usable_without_a_review() -> None:
    assert shipped()
    assert [law.id for law in load_laws(shipped())] == shipped()


def test_the_gdpr_says_what_it_says() -> None:
    law = load_law("eu_gdpr")
    assert {right.value for right in law.rights} == set(
        "access correction erasure portability restriction objection withdrawal human_review".split()
    )
    assert law.gives("access")
    assert not law.gives("opt_out_of_sale")
    assert law.extend is not None
    assert law.free is not None
    assert law.free.per_12_months == "unlimited"


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ("  period: 1 month\n  target", "  perod: 1 month\n  target", "respond.perod", "Did you mean `period`?"),
        ("period: 1 month\n  target", "period: one month\n  target", "respond.period", "written like `1 month`"),
        ("period: 1 month\n  target", "period: 0 days\n  target", "respond.period", "written like `1 month`"),
        (
            "  access: {article: GDPR Art. 15, seen: true}",
            "  acces: {article: GDPR Art. 15, seen: true}",
            "rights.acces",
            "access",
        ),
        ("  access: {article: GDPR Art. 15, seen: true}", "  access: {article: GDPR Art. 15}", "rights.access.seen", "missing"),
        ("  rule: regulation_1182_71", "  rule: roll_it", "roll.rule", "regulation_1182_71"),
        ("reviewed_on: 2026-11-23", "reviewed_on: last week", "reviewed_on", "date"),
        ("  by: 2 months", "  by: 2 months\n  to_a_named_date: true", "extend", "either"),
        ("  period: 1 month\n  target: 28 days", "  target: 28 days", "respond", "without_delay"),
        ("id: eu_gdpr", "id: eu_gdpr2", "id", "named eu_gdpr"),
        ("roll:\n", "roll:\n  rule: none\n", "roll.rule", "twice"),
    ],
)
def test_a_mistake_names_file_line_key_and_remedy(tmp_path: Path, old: str, new: str, key: str, says: str) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(DocumentError, match=says) as caught:
        read_law(path)
    assert caught.value.key.startswith(key)
    assert caught.value.line > 1
    assert str(caught.value).startswith(f"{path}:{caught.value.line}: {caught.value.key}: ")
    assert caught.value.remedy


def test_a_law_that_is_not_there_is_named_with_the_nearest() -> None:
    with pytest.raises(DocumentError):
        load_law("eu_gdrp")
    assert "Did you mean `eu_gdpr`?" in str(unknown_law("eu_gdrp", "portal.yaml", 12))
    assert "Known are: eu_gdpr" in str(unknown_law("mars", "portal.yaml", 12))


def test_a_figure_that_nobody_has_read_is_off_until_a_reviewer_is_named(tmp_path: Path) -> None:
    assert set(load_law("eu_gdpr").clock.stops) == {StopReason.IDENTITY}
    reviews = {"eu_gdpr": Review("A. Person", date(2026, 11, 1))}
    assert set(load_law("eu_gdpr", reviews=reviews).clock.stops) == {StopReason.IDENTITY, StopReason.SCOPE}
    extend = "  article: GDPR Art. 12(3)\n  seen: true\n  note: The person"
    write(tmp_path, GOOD.replace(extend, extend.replace("true", "false")))
    assert load_law("eu_gdpr", folder=tmp_path).extend is None
    assert load_law("eu_gdpr", folder=tmp_path, reviews=reviews).extend is not None


def test_a_law_whose_period_nobody_has_read_cannot_be_used_unreviewed(tmp_path: Path) -> None:
    write(
        tmp_path,
        GOOD.replace("  target: 28 days\n  article: GDPR Art. 12(3)\n  seen: true", "  article: GDPR Art. 12(3)\n  seen: false"),
    )
    with pytest.raises(LawNeedsReview, match="respond"):
        load_law("eu_gdpr", folder=tmp_path)
    reviews = {"eu_gdpr": Review("A. Person", date(2026, 11, 1))}
    assert not load_law("eu_gdpr", folder=tmp_path, reviews=reviews).respond.seen
