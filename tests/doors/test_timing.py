"""S10: how long an answer takes does not tell a customer from a stranger. Many samples, so it runs in the long run only."""

import itertools
import statistics
import time
from math import sqrt

import pytest

import demo
from tests.doors.visitor import Visitor
from tests.served import serve_demo

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

SAMPLES = 500
REPETITIONS = 3
CRITICAL = 1.95 * sqrt(2 / SAMPLES)
"""Kolmogorov and Smirnov: for two samples of this size from one distribution, a greater distance comes once in a thousand times."""


def distance(one, other):
    """The greatest distance of two empirical distributions (the statistic of Kolmogorov and Smirnov)."""
    steps = sorted([(value, 1 / len(one)) for value in one] + [(value, -1 / len(other)) for value in other])
    return max(abs(height) for height in itertools.accumulate(step for _value, step in steps))


def test_the_measure_finds_a_difference_of_a_tenth_and_none_where_there_is_none():
    one = [10 + number % 50 / 50 for number in range(SAMPLES)]
    assert distance(one, list(reversed(one))) < CRITICAL
    assert distance(one, [value * 1.1 for value in one]) > CRITICAL


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serve_demo(tmp_path_factory.mktemp("timing"), PORTAL_TRUSTED_HOPS="1") as served:
        yield served


SIGN_IN, OPT_OUT = ("/sign-in", "Send me the link", 302), ("/unsubscribe", "Stop advertising", 200)


def sample(served, addresses, repetition, door):
    """Seconds from press to answer, for known and unknown addresses in turn; every press comes from a network of its own."""
    page, button, status = door
    taken: dict[bool, list[float]] = {True: [], False: []}
    with Visitor(served) as visitor:
        visitor.open(page)
        path, values = visitor.form(button)
        for number, (known, address) in enumerate(addresses):
            network = f"10.{repetition}.{number // 250}.{number % 250 + 1}"
            headers = {"Sec-Fetch-Site": "same-origin", "X-Forwarded-For": network}
            began = time.perf_counter()
            answer = visitor.client.post(path, data={**values, "email": address}, headers=headers, follow_redirects=False)
            taken[known].append(time.perf_counter() - began)
            assert answer.status_code == status
            assert door is OPT_OUT or answer.headers["Location"] == "/check-mail"
    return taken[True], taken[False]


@pytest.mark.parametrize("door", [SIGN_IN, OPT_OUT], ids=["sign-in", "opt-out"])
def test_S10_the_time_of_the_answer_does_not_tell_a_customer_from_a_stranger(served, door):
    customers = [person.email for person in demo.people("fjordkaffe")][:SAMPLES]
    # A stranger's address is as long as a customer's and under the same domain: only that it is unknown differs.
    strangers = ["".join(reversed(address.partition("@")[0])) + "x@" + address.partition("@")[2] for address in customers]
    assert not set(strangers) & {person.email for person in demo.people("fjordkaffe")}
    distances, means = [], []
    for repetition in range(1, REPETITIONS + 1):
        pairs = [((True, one), (False, other)) for one, other in zip(customers, strangers, strict=True)]
        turned = [pair if number % 2 else pair[::-1] for number, pair in enumerate(pairs)]
        known, unknown = sample(served, list(itertools.chain.from_iterable(turned)), repetition, door)
        distances.append(distance(known, unknown))
        means.append((statistics.median(known), statistics.median(unknown)))
    assert min(distances) < CRITICAL, f"told apart in every repetition: distances {distances}, medians {means}"
