"""`kill -9` of the web while mail programs unsubscribe: what was answered 200 is in the database, once, and who got no answer may ask again.

Ten thousand requests, so it runs in the long run only.
"""

import http.client
import os
import signal
import threading
import time

import pytest

import demo
from portal.people.addresses import normal_address
from tests.doors.links import standing, suppressed, token_for
from tests.doors.processes import wait_until, web_processes
from tests.doors.site import open_site
from tests.served import serve_demo

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

COUNT = int(os.environ.get("PORTAL_TEST_CLICKS", "10000"))
CLIENTS, KILLS = 8, 3
CHOICE = "newsletter.email"


class Programs:
    """Mail programs, each with a share of the links; who got no answer asks again until there is one."""

    def __init__(self, port, tokens):
        self.port, self.tokens = port, tokens
        self.answered, self.refused, self.unanswered = [], [], 0
        self.threads = [threading.Thread(target=self.run, args=(tokens[start::CLIENTS],)) for start in range(CLIENTS)]

    def run(self, tokens):
        for token in tokens:
            while (status := self.post(token)) is None:
                self.unanswered += 1
                time.sleep(0.05)
            (self.answered if status == 200 else self.refused).append((token, status))

    def post(self, token):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(
                "POST", f"/u/{token}", "List-Unsubscribe=One-Click", {"Content-Type": "application/x-www-form-urlencoded"}
            )
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return None
        else:
            return answer.status
        finally:
            connection.close()


def test_every_unsubscribe_that_was_answered_survives_kills_of_the_web_and_counts_once(tmp_path):
    site = open_site(tmp_path / "demo")
    customers = sorted({normal_address(one.email) for one in demo.people("fjordkaffe")})
    addresses = [*customers, *(f"stranger{number}@example.net" for number in range(COUNT))][:COUNT]
    tokens = [token_for(address, CHOICE) for address in addresses]
    (newest,) = rows(site, "SELECT max(id) FROM consent_event")
    site.running.database.close()
    with serve_demo(tmp_path / "demo") as served:
        programs = Programs(served.port, tokens)
        for thread in programs.threads:
            thread.start()
        for number in range(1, KILLS + 1):
            wait_until(lambda done=number: len(programs.answered) > len(tokens) * done // (KILLS + 1), 1200)
            (web,) = wait_until(lambda: web_processes(served))
            os.kill(web, signal.SIGKILL)
        for thread in programs.threads:
            thread.join()
    assert programs.refused == []
    assert len(programs.answered) == len(tokens)
    assert programs.unanswered > 0
    site = open_site(tmp_path / "demo")
    off = {"refused", "withdrawn", "objected"}
    lost = [one for one in addresses if CHOICE not in suppressed(site, one) and standing(site, one).get(CHOICE) not in off]
    assert lost == []
    # No act was written twice, whether its answer was lost or not, and asking again added nothing.
    twice = f"SELECT person_id FROM consent_event WHERE id > {newest} GROUP BY person_id HAVING count(*) > 1"  # a number of ours
    assert rows(site, twice) == []
    again = "SELECT hash FROM suppression WHERE purpose = 'newsletter' AND channel = 'email' GROUP BY hash HAVING count(*) > 1"
    assert rows(site, again) == []
    assert rows(site, f"SELECT count(*) FROM consent_event WHERE id > {newest}")[0] > 0  # a number of ours
    site.running.database.close()


def rows(site, question):
    with site.running.database.engine.connect() as connection:
        return [row[0] for row in connection.exec_driver_sql(question)]
