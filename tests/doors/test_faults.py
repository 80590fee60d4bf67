"""H15: the portal's own database breaks under every route: the answer is a plain page, and nobody is told what the driver said."""

import json
import threading

import pytest

from portal.core.db import Base
from tests.doors.broken import PROBE, TABLES, Rounds, logged, traces_in, traces_in_log
from tests.doors.tables import digest

pytestmark = pytest.mark.slow

MAREN = "maren@example.org"


@pytest.fixture
def rounds(both_sites):
    return Rounds(both_sites, both_sites.signed_in(MAREN))


@pytest.mark.no_sql
@pytest.mark.parametrize("every", [10, pytest.param(1, marks=pytest.mark.long)])
def test_H15_a_table_that_is_gone_is_told_to_nobody(rounds, every):
    site, crashed = rounds.site, set()
    # What a page says does not depend on the database; what its driver says does, and half of the tables hear all of that.
    some = TABLES[::every] if site.running.database.is_sqlite else TABLES[:: 2 * every]
    # Whatever tables there are: without this one, no route knows who asks.
    tables = sorted({*some, "session"})
    with logged() as log:
        for table in tables:
            rounds.run(f'ALTER TABLE "{table}" RENAME TO "gone_{table}"')
            for rule, answer in rounds.ask_all():
                text = answer.text + str(answer.headers)
                assert traces_in(text, f"gone_{table}", str(site.folder)) == [], (table, rule)
                if answer.status_code == 500:
                    crashed.add(rule.endpoint)
                    assert "Our side had a fault" in answer.text, rule
            rounds.run(f'ALTER TABLE "gone_{table}" RENAME TO "{table}"')
            rounds.revive()
    assert len(crashed) > 20, "hardly any route met the fault"
    assert "web.crashed" in log.getvalue()
    assert traces_in_log(log.getvalue(), MAREN, rounds.link.rsplit("/", 1)[1], "gone_", str(site.folder)) == []


def test_H15_what_a_database_says_while_it_refuses_a_row_is_told_to_nobody(rounds):
    site = rounds.site
    with logged() as log:
        rounds.run(*_refusing(site.running.database.is_sqlite))
        statuses = []
        for rule, answer in rounds.ask_all():
            statuses.append(answer.status_code)
            assert traces_in(answer.text + str(answer.headers), MAREN if answer.status_code == 500 else "") == [], rule
        stop = threading.Event()
        worker = threading.Thread(target=site.worker.run, args=(stop,))
        worker.start()
        stop.wait(1.5)
        stop.set()
        worker.join()
        rounds.run(*_accepting(site.running.database.is_sqlite))
    assert statuses.count(500) >= 5
    assert "engine.worker_failed" in log.getvalue(), "the worker met the fault too"
    assert traces_in_log(log.getvalue(), MAREN) == []
    assert [name for name, rows in digest(site).items() if PROBE in str(rows)] == []
    rounds.revive()


def _refusing(is_sqlite):
    """Every table refuses every new and changed row, and says why at length."""
    tables = [table.name for table in Base.metadata.sorted_tables]
    if is_sqlite:
        return [
            f"CREATE TRIGGER probe_{act}_{table} BEFORE {act} ON \"{table}\" BEGIN SELECT RAISE(ABORT, '{PROBE}'); END"
            for table in tables
            for act in ("INSERT", "UPDATE", "DELETE")
        ]
    function = (
        "CREATE FUNCTION probe() RETURNS trigger AS $$ BEGIN "
        f"RAISE EXCEPTION '{PROBE}' USING DETAIL = 'Failing row contains (' || coalesce(NEW, OLD)::text || ')'; END $$ LANGUAGE plpgsql"
    )
    return [
        function,
        *(
            f'CREATE TRIGGER probe BEFORE INSERT OR UPDATE OR DELETE ON "{table}" FOR EACH ROW EXECUTE FUNCTION probe()'
            for table in tables
        ),
    ]


def _accepting(is_sqlite):
    tables = [table.name for table in Base.metadata.sorted_tables]
    if is_sqlite:
        return [f"DROP TRIGGER probe_{act}_{table}" for table in tables for act in ("INSERT", "UPDATE", "DELETE")]
    return ["DROP FUNCTION probe() CASCADE"]


def test_O6_a_crash_with_a_token_and_an_address_in_hand_logs_neither(rounds):
    token = rounds.link.rsplit("/", 1)[1]
    with logged() as log:
        rounds.run('ALTER TABLE "sign_in_request" RENAME TO "gone"')
        answers = [rounds.ask("GET", rounds.link), rounds.ask("POST", "/in"), rounds.ask("POST", "/sign-in")]
        rounds.run('ALTER TABLE "gone" RENAME TO "sign_in_request"')
    assert [answer.status_code for answer in answers] == [500, 500, 500]
    crashes = [json.loads(line) for line in log.getvalue().splitlines() if "web.crashed" in line]
    assert len(crashes) == 3
    for crash, answer in zip(crashes, answers, strict=True):
        assert crash["error_id"] in answer.text, "who writes to us can name what we find in the log"
    for secret in (token, MAREN, "1234 5678", rounds.cookie, rounds.token, "Traceback"):
        assert secret not in log.getvalue()
