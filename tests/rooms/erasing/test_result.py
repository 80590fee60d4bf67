"""The result of an erasure: what it says is what it was given, and complete is said of nothing that is not."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from portal.adapters.contract import Fate
from portal.cases.erasing.result import (
    ErasureResult,
    ResultItem,
    SystemResult,
    Went,
    dump_result,
    load_result,
    plain_result,
    read_result,
)

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
ORDERS = ResultItem("shop.orders", "Bestellungen", Fate.KEEP, 12, ground="Bokføringsloven § 13", until=date(2031, 12, 31))
PROFILE = ResultItem("shop.customer", "Profil", Fate.OVERWRITE, 1, ("Name", "Adresse"))
SHOP = SystemResult("shop", "Shop", Went.ERASED, (ORDERS, PROFILE), ended_at=NOON)
MAIL = SystemResult("mail", "Post", Went.NOTHING, ended_at=NOON)
RESULT = ErasureResult("7KQ2-M9XD-4TBR", "acme", "eu_gdpr", "de", ("who",), NOON, NOON, (SHOP, MAIL))


def test_a_result_reads_back_as_it_was() -> None:
    assert load_result(dump_result(RESULT)) == RESULT
    waiting = replace(RESULT, ended_at=None, systems=(replace(MAIL, state=Went.WAITS, ended_at=None),))
    assert load_result(dump_result(waiting)) == waiting


def test_the_last_day_of_the_sealed_proof_reads_back_too() -> None:
    told = replace(RESULT, proof_until=date(2029, 11, 26))
    assert load_result(dump_result(told)) == told


def test_what_had_to_stay_keeps_its_ground_and_its_date() -> None:
    assert load_result(dump_result(RESULT)).systems[0].kept == (ORDERS,)


@pytest.mark.parametrize("state", [Went.WAITS, Went.FAILED, Went.STOPPED])
def test_E5_a_result_with_one_system_that_is_not_done_is_not_complete(state: Went) -> None:
    assert RESULT.is_complete
    assert not replace(RESULT, systems=(SHOP, replace(MAIL, state=state))).is_complete


def test_E5_a_result_with_something_left_or_without_an_end_is_not_complete() -> None:
    assert not replace(RESULT, systems=(replace(SHOP, left=1), MAIL)).is_complete
    assert not replace(RESULT, ended_at=None).is_complete
    assert plain_result(replace(RESULT, ended_at=None))["complete"] is False


def test_a_result_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        read_result({**plain_result(RESULT), "shape": 2})
