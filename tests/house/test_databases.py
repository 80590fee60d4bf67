"""The PostgreSQL of the tests is real, quick, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text

from tests.databases import PostgresIsMissing, find_programs, shared_cluster, start_cluster

pytestmark = pytest.mark.postgres


def ask(url: str, *statements: str) -> object:
    """The first value of the last statement, all of them committed."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            return [connection.execute(text(statement)) for statement in statements][-1].scalar()
    finally:
        engine.dispose()


def connect(url: str) -> psycopg.Connection:
    """A connection of one's own, to be closed by whoever asked."""
    return psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"))


def test_a_fresh_database_is_a_real_postgresql() -> None:
    with shared_cluster().fresh_database() as url:
        assert str(ask(url, "SELECT version()")).startswith("PostgreSQL ")


def test_two_fresh_databases_know_nothing_of_one_another() -> None:
    with shared_cluster().fresh_database() as one, shared_cluster().fresh_database() as other:
        ask(one, "CREATE TABLE only_here (id int)", "SELECT 1")
        assert ask(other, "SELECT count(*) FROM pg_tables WHERE tablename = 'only_here'") == 0


def test_a_template_is_prepared_once_and_copied_with_what_is_in_it() -> None:
    prepared: list[str] = []

    def prepare(url: str) -> None:
        prepared.append(url)
        ask(url, "CREATE TABLE greeting (words text)", "INSERT INTO greeting VALUES ('hello') RETURNING words")

    for _ in range(2):
        template = shared_cluster().template("greeted", prepare)
        with shared_cluster().fresh_database(template) as url:
            assert ask(url, "DELETE FROM greeting RETURNING words") == "hello"
    assert len(prepared) == 1


def test_what_one_process_of_a_run_prepared_for_all_the_others_read() -> None:
    prepared: list[str] = []

    def prepare(url: str) -> None:
        prepared.append(url)
        ask(url, "CREATE TABLE for_all (id bigserial, words text, taken bytea)", "SELECT 1")
        ask(url, "INSERT INTO for_all (words, taken) VALUES ('hello; \\.', '\\x00ff'), (NULL, NULL)", "SELECT 1")

    other = start_cluster()
    try:
        for cluster in (shared_cluster(), other):
            template = cluster.template("for-all", prepare, for_all=True)
            with cluster.fresh_database(template) as url:
                assert ask(url, "SELECT string_agg(words || encode(taken, 'hex'), '') FROM for_all") == "hello; \\.00ff"
                assert ask(url, "INSERT INTO for_all DEFAULT VALUES RETURNING id") == 3
    finally:
        other.stop()
    assert len(prepared) == 1


def test_a_template_is_copied_even_where_its_maker_left_a_connection_open() -> None:
    left_open: list[psycopg.Connection] = []

    def prepare(url: str) -> None:
        left_open.append(connect(url))

    template = shared_cluster().template("left-open", prepare)
    with left_open[0], shared_cluster().fresh_database(template) as url:
        assert ask(url, "SELECT 1") == 1


def test_a_database_is_dropped_after_a_failure_and_with_someone_still_connected() -> None:
    connections: list[psycopg.Connection] = []

    def fail_while_connected() -> None:
        with shared_cluster().fresh_database() as url:
            connections.append(connect(url))
            raise LookupError(url)

    with pytest.raises(LookupError) as failure:
        fail_while_connected()
    with connections[0]:
        name = make_url(failure.value.args[0]).database
        assert ask(shared_cluster().url("postgres"), f"SELECT count(*) FROM pg_database WHERE datname = '{name}'") == 0


def test_a_durable_cluster_keeps_what_a_crash_test_relies_on() -> None:
    fast, durable = shared_cluster(), start_cluster(durable=True)
    try:
        assert ask(fast.url("postgres"), "SHOW fsync") == "off"
        assert ask(durable.url("postgres"), "SHOW fsync") == "on"
        assert ask(durable.url("postgres"), "SHOW synchronous_commit") == "on"
    finally:
        durable.stop()
    assert not durable.directory.exists()


@pytest.mark.parametrize("end", ["leave", "kill"])
def test_the_server_ends_with_the_process_that_started_it_however_that_one_ends(end: str) -> None:
    script = "from tests.databases import start_cluster; print(start_cluster().directory, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    ) as process:
        assert process.stdout is not None
        directory = Path(process.stdout.readline().strip())
        server = int((directory / "data/postmaster.pid").read_text().split()[0])
        if end == "kill":
            process.send_signal(signal.SIGKILL)
        else:
            process.communicate("\n")
    deadline = time.monotonic() + 20
    while (directory.exists() or is_running(server)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not directory.exists()
    assert not is_running(server)


def is_running(process_id: int) -> bool:
    """Whether such a process is there, zombies included."""
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def test_without_a_server_the_error_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(PostgresIsMissing, match=r"\./run test"):
        find_programs([tmp_path])
