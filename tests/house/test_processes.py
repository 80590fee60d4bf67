"""Processes that are stopped, killed and started again: Ctrl-C leaves nothing behind, and a walk goes on where it was."""

import os
import signal
import socket

import pytest

import demo
from tests.doors.processes import children, is_alive, wait_until, web_processes, worker_process
from tests.doors.visitor import Visitor
from tests.served import code_in, serve_demo

pytestmark = pytest.mark.slow


def everyone(served):
    """The demo's process and all that it began."""
    return [served.process.pid, *children(served.process.pid)]


def nobody_listens(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One demo folder for all tests of this file: each starts on what the one before left."""
    return tmp_path_factory.mktemp("processes")


@pytest.mark.sampled
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_the_demo_leaves_no_process_and_no_port_behind(folder, number):
    with serve_demo(folder, PORTAL_WEB_PROCESSES="2") as served:
        processes = everyone(served)
        assert len(processes) == 4, "itself, two for the web, one that works"
        with Visitor(served) as visitor:
            visitor.open("/sign-in")
        # As a terminal does: to everyone in the foreground at once.
        os.killpg(served.process.pid, number)
        assert served.process.wait(20) is not None
        wait_until(lambda: not any(is_alive(one) for one in processes))
        assert nobody_listens(served.port)
        assert "Traceback" not in served.log.read_text()


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core is all there is")
def test_web_processes_stay_on_a_core_of_their_own_where_that_is_wanted(folder):
    with serve_demo(folder, PORTAL_WEB_PROCESSES="2", PORTAL_WEB_PINNED="true") as served:
        before = web_processes(served)
        cores = [os.sched_getaffinity(one) for one in before]
        assert [len(one) for one in cores] == [1, 1]
        assert cores[0] != cores[1]
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: len(set(web_processes(served)) - set(before)) == 1)
        (fresh,) = set(web_processes(served)) - set(before)
        wait_until(lambda: os.sched_getaffinity(fresh) == cores[0])
        assert len(os.sched_getaffinity(worker_process(served))) > 1


def test_a_killed_web_process_is_replaced_and_the_person_notices_nothing(folder):
    with serve_demo(folder) as served, Visitor(served) as visitor:
        mail = visitor.ask_for_link(demo.CUSTOMER)
        for killed in web_processes(served):
            os.kill(killed, signal.SIGKILL)
        visitor.submit("Continue", code=code_in(mail))
        assert visitor.path == "/"
        (before,) = web_processes(served)
        os.kill(before, signal.SIGKILL)
        assert visitor.open("/data").status_code == 200
        assert web_processes(served) != [before]


@pytest.mark.parametrize(
    "point",
    [
        pytest.param("settled", id="between two steps"),
        # The step in hand waits for its lease to end: a minute.
        pytest.param("settling", id="in the middle of a step", marks=pytest.mark.long),
    ],
)
def test_after_everything_was_killed_in_the_middle_of_a_walk_it_goes_on(tmp_path, point):
    folder, fault = tmp_path / "demo", {"PORTAL_TEST_FAULT": f"engine.{point}=kill@2", "PORTAL_WORKER_THREADS": "1"}
    with serve_demo(folder, port=None, **fault) as served, Visitor(served) as visitor:
        worker = worker_process(served)
        visitor.sign_in(demo.CUSTOMER)
        cookies = visitor.client.cookies
        visitor.open("/get-a-copy")
        visitor.submit("Continue", scope="all")
        visitor.submit("Make my copy")
        path = visitor.path
        wait_until(lambda: not is_alive(worker), seconds=60)
        assert visitor.open(path).status_code == 200, "the web goes on without the worker"
        assert "Download" not in visitor.words
        processes = everyone(served)
        os.kill(served.process.pid, signal.SIGKILL)
        wait_until(lambda: not any(is_alive(one) for one in processes if one != served.process.pid), seconds=40)
        served.process.wait()
    with serve_demo(folder) as served, Visitor(served) as visitor:
        visitor.client.cookies = cookies
        assert visitor.open(path).status_code == 200
        assert visitor.path == path, "the session outlived it all"
        wait_until(lambda: "Download" in visitor.open(path).text, seconds=100)
        assert visitor.submit("Download").content.startswith(b"PK")
        visitor.open(path)
        assert visitor.words.count("Our shop has answered") == 1, "nothing was done twice"


def test_a_second_demo_takes_the_next_port_and_says_so_and_keeps_what_it_compiled(tmp_path):
    compiled = tmp_path / "compiled"
    environment = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": str(compiled)}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with serve_demo(tmp_path / "demo", port=port, **environment) as served:
            assert served.port != port
            assert f"Port {port} is in use" in served.log.read_text()
            # Also where the environment forbids it: else each start of the demo would compile all of it anew.
            assert len([file for file in compiled.rglob("*.pyc") if "portal" in file.parts]) > 200
