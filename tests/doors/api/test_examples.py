"""What docs/api.md tells people to type does what it says, typed as it stands, against the demo as a newcomer starts it."""

import json
import re
import subprocess

import httpx
import pytest

from tests.served import ROOT, serve_demo

EXAMPLES = [
    block for block in re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs" / "api.md").read_text(), re.DOTALL | re.MULTILINE)
    if "curl" in block
]  # fmt: skip
STRICT = 'set -euo pipefail; curl() { command curl --noproxy "*" --fail-with-body "$@"; }\n'


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with serve_demo(tmp_path_factory.mktemp("examples")) as served:
        yield served


NAMES = [f"{number}-{re.findall('/api/v1/([a-z/]+)', text)[-1]}" for number, text in enumerate(EXAMPLES, 1)]


@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_an_example_of_the_page_works_as_it_stands(demo, example):
    done = subprocess.run(
        ["/bin/bash", "-c", STRICT + example],
        env={"PATH": "/usr/bin:/bin", "PORTAL": demo.url, "KEY": demo.api_key},
        cwd=demo.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert answers, done.stdout
    assert not [one for one in answers if "error" in one]


def test_the_page_has_an_example_of_each_thing_that_is_done_daily():
    shown = "".join(EXAMPLES)
    for path in ("/purposes", "/consents/check", "/consents/lowerings", "/webhooks"):
        assert f"/api/v1{path}" in shown


def test_the_printed_key_opens_the_door_and_lies_where_only_its_owner_can_read_it(demo):
    answer = httpx.get(f"{demo.url}/api/v1/purposes", headers={"Authorization": f"Bearer {demo.api_key}"}, trust_env=False)
    assert answer.status_code == 200
    kept = demo.folder / "api_key"
    assert kept.read_text().strip() == demo.api_key
    assert kept.stat().st_mode & 0o077 == 0
