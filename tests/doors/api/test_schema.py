"""The description and the door agree, tried by a machine that knows nothing but the description: schemathesis against the running demo."""

import re
import subprocess
import sys

import pytest

from tests.served import serve_demo

SECONDS = "60"


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_machine_that_knows_only_the_description_finds_nothing(tmp_path):
    """Every operation: whatever fits the description and whatever does not, with and without a key, in answers that it describes.

    Left aside: that all that fits the schema is accepted, since a schema cannot say what an address or a published text is; the lines of
    the import, which it cannot make; that a webhook just added is found again by name.
    """
    with serve_demo(tmp_path) as served:
        done = subprocess.run(
            [
                *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
                *("run", f"{served.url}/api/v1/openapi.json", "--header", f"Authorization: Bearer {served.api_key}"),
                *("--phases", "examples,coverage,fuzzing", "--checks", "all", "--exclude-checks", "positive_data_acceptance"),
                *(
                    "--exclude-path",
                    "/consents/import",
                    "--max-time",
                    SECONDS,
                    "--continue-on-failure",
                    "--seed",
                    "1",
                    "--no-color",
                ),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-6000:]
    tested = re.search(r"Tested: (\d+)", done.stdout)
    assert tested
    assert int(tested[1]) >= 20
