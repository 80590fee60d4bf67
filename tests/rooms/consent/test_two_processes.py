"""Two processes at the same moment, on both databases: chains do not fork, texts and histories do not double."""

import subprocess
import sys

import pytest

from portal.consent.choices import Standing
from portal.consent.ledger import events_of
from portal.consent.verify import verify_person
from portal.consent.words import Act
from tests.rooms.consent.customers import Customer, customer
from tests.rooms.world import environment_of

pytestmark = pytest.mark.slow

TIMES = 20


def both(world, *command):
    """Run the same act in two processes that begin together; what each of them printed."""
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.rooms.consent.crowd", *command],
            env=environment_of(world),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n", child.communicate(timeout=60)[1]
    for child in children:
        assert child.stdin is not None
        child.stdin.close()
        child.stdin = None
    ends = [child.communicate(timeout=90) for child in children]
    for child, (_, errors) in zip(children, ends, strict=True):
        assert child.returncode == 0, errors
    return [said.strip() for said, _ in ends]


def test_two_processes_that_answer_for_one_person_wait_for_one_another(world):
    with world.writing() as db:
        maria = customer(db)
    both(world, "answer", str(maria.id), str(TIMES))
    with world.reading() as db:
        events = events_of(db, maria.id)
        assert [event.sequence for event in events] == list(range(1, 2 * TIMES + 1))
        assert verify_person(db, maria.id).whole
        assert Customer(db, maria.id).sees().standing is Standing(events[-1].act.value)
        assert [event.act for event in events].count(Act.GIVEN) == TIMES


def test_two_processes_that_start_publish_each_text_once(world):
    assert sorted(both(world, "publish")) == ["0", "4"]
    versions = world.rows(
        "SELECT purpose, language, max(version), count(*) FROM notice WHERE purpose = 'newsletter' GROUP BY 1, 2, company_id"
    )
    assert sorted(row[2:] for row in versions) == [(1, 1), (1, 1), (2, 2), (2, 2)]


def test_two_processes_that_start_bring_the_past_in_once(world):
    assert sorted(both(world, "import", "30"), key=int) == ["0", "60"]
    assert world.rows("SELECT count(*) FROM consent_event") == [(60,)]
    assert world.rows("SELECT count(*) FROM person") == [(30,)]
