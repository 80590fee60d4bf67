import hashlib
import json
from datetime import date
from pathlib import Path

import pytest

from portal.cases.laws import Law, Review, load_law
from portal.cases.laws.loading import FOLDER, load_laws, read_law, shipped, unknown_law
from portal.cases.laws.model import LawNeedsReview, Period, Right, StopReason, Unit, unread_figures
from portal.core.documents import DocumentError

VERSIONS = Path(__file__).parents[2] / "vectors" / "laws.json"
GOOD = (FOLDER / "eu_gdpr.yaml").read_text()


def write(tmp_path: Path, text: str, name: str = "eu_gdpr") -> Path:
    path = tmp_path / f"{name}.yaml"
    path.write_text(text)
    return path


READ = "ca_qc ch_fadp eu_gdpr uk_gdpr us_ca us_de us_tx za_popia".split()


def test_every_shipped_law_loads_and_those_that_nobody_has_read_are_off_until_a_reviewer_is_named() -> None:
    assert len(shipped()) == 31
    reviews = {law_id: Review("A. Person", date(2026, 11, 1)) for law_id in shipped()}
    assert [law.id for law in load_laws(shipped(), reviews=reviews)] == shipped()
    assert [law.id for law in load_laws(READ)] == READ
    for law_id in set(shipped()) - set(READ):
        with pytest.raises(LawNeedsReview, match=law_id):
            load_law(law_id)


def test_what_was_not_read_of_a_law_that_is_on_stays_off() -> None:
    assert load_law("us_tx").appeal is None
    assert load_law("us_tx", reviews={"us_tx": Review("A. Person", date(2026, 11, 1))}).appeal is not None
    assert "appeal" in unread_figures(read_law(FOLDER / "us_tx.yaml"))
    for law_id in ("us_ca", "eu_gdpr"):
        unread = [name for name in unread_figures(read_law(FOLDER / f"{law_id}.yaml")) if not name.startswith("refusals.")]
        assert unread == ([] if law_id == "us_ca" else ["clock.stops.scope"])


def test_a_ground_of_refusal_that_nobody_has_read_is_off_and_no_law_names_one_for_taking_back_consent() -> None:
    def grounds(law: Law, kind: Right) -> set[str]:
        return {one.ground.value for one in law.refusals if not one.kinds or kind in one.kinds}

    law = load_law("eu_gdpr")
    assert grounds(law, Right.ACCESS) == {"cannot_identify", "unfounded", "excessive"}
    assert {"legal_duty", "legal_claims", "not_owed"} <= grounds(law, Right.ERASURE)
    reviewed = load_law("eu_gdpr", reviews={"eu_gdpr": Review("A. Person", date(2026, 11, 1))})
    assert "others_rights" in grounds(reviewed, Right.ACCESS) and "is_right" in grounds(reviewed, Right.CORRECTION)
    assert {one.ground.value for one in law.refusals if one.two_people} == {"unfounded", "excessive"}
    for law_id in shipped():
        named = read_law(FOLDER / f"{law_id}.yaml").refusals
        assert not any(Right.WITHDRAWAL in one.kinds for one in named)
        assert all(one.seen is False or law_id in READ for one in named)


def figures(law: Law) -> str:
    """Everything of a law that can change a date or a right, as a digest."""
    plain = law.model_dump(mode="json", exclude={"title", "translated", "notes", "reviewed_on"})
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_changed_figure_is_a_new_version_and_the_old_file_stays(path: Path) -> None:
    law, known = read_law(path), json.loads(VERSIONS.read_text())
    assert known.get(f"{law.id} {law.version}") == figures(law), (
        "Raise `version`, keep the old file as <id>.v<old>.yaml, add the digest."
    )
    assert {f"{law.id} {old}" for old in range(1, law.version)} <= known.keys()


def test_a_case_keeps_the_version_of_the_law_that_it_was_opened_under(tmp_path: Path) -> None:
    write(tmp_path, GOOD, "eu_gdpr.v1")
    write(
        tmp_path, GOOD.replace("version: 1", "version: 2").replace("period: 1 month\n  target", "period: 2 months\n  target", 1)
    )
    newest, old = load_law("eu_gdpr", folder=tmp_path), load_law("eu_gdpr", version=1, folder=tmp_path)
    assert (newest.version, newest.respond.period) == (2, Period(2, Unit.MONTH))
    assert (old.version, old.respond.period) == (1, Period(1, Unit.MONTH))
    with pytest.raises(DocumentError):
        load_law("eu_gdpr", version=3, folder=tmp_path)


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
    assert "Known are: au_app, br_lgpd" in str(unknown_law("mars", "portal.yaml", 12))


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
