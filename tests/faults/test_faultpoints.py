"""Fault points are dead where they have no business, and each of them is real."""

import re
from pathlib import Path

import pytest

from portal.core import faultpoints

SOURCES = Path(faultpoints.__file__).parents[1]


def test_nothing_happens_where_no_fault_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORTAL_TEST_FAULT", raising=False)
    faultpoints.point("engine.claimed")


@pytest.mark.parametrize("mode", ["production", None])
def test_a_fault_is_refused_in_production(monkeypatch: pytest.MonkeyPatch, mode: str | None) -> None:
    monkeypatch.setenv("PORTAL_TEST_FAULT", "engine.claimed=kill")
    monkeypatch.setenv("PORTAL_MODE", mode) if mode else monkeypatch.delenv("PORTAL_MODE", raising=False)
    with pytest.raises(faultpoints.FaultPointRefused):
        faultpoints.point("engine.claimed")


@pytest.mark.parametrize("wanted", ["engine.nowhere=kill", "engine.claimed=explode", "engine.claimed", "="])
def test_a_fault_that_does_not_exist_is_refused(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    monkeypatch.setenv("PORTAL_TEST_FAULT", wanted)
    monkeypatch.setenv("PORTAL_MODE", "demo")
    with pytest.raises(faultpoints.FaultPointRefused):
        faultpoints.point("engine.called")


def test_the_list_of_points_is_what_stands_in_the_code() -> None:
    used = {
        name for file in SOURCES.rglob("*.py") for name in re.findall(r"faultpoints\.point\(\"([^\"]+)\"\)", file.read_text())
    }
    assert used == faultpoints.POINTS
