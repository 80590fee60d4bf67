"""`./run` finds its way from anywhere, changes nothing when nothing changed, and what it installs is pinned by hash."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))

# Stands for the portal: says where it runs and what it was told.
MAIN = "import json, os, sys; print(json.dumps({'folder': os.getcwd(), 'arguments': sys.argv[1:], 'path': sys.path[0]}))"


@pytest.fixture
def checkout(tmp_path):
    """A checkout in a folder with spaces whose environment is already there, so that nothing is fetched."""
    folder = tmp_path / "my own portal"
    (folder / "portal").mkdir(parents=True)
    (folder / "portal/__init__.py").touch()
    (folder / "portal/__main__.py").write_text(MAIN)
    shutil.copy(ROOT / "run", folder)
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/bin/python").symlink_to(sys.executable)
    (folder / "requirements.lock").write_text("# nothing\n")
    (folder / ".venv/made-from.lock").write_text("# nothing\n")
    return folder


def clean():
    """The environment of a newcomer: what other tests of this process have set for their demo is not in it."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PORTAL_", "DEMO_")) and not value.startswith("postgresql")
    }


def run(script, *arguments, folder, **environment):
    return subprocess.run(
        [script, *arguments], cwd=folder, env=clean() | environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_second_run_only_starts_the_portal_in_the_folder_of_the_caller(checkout, tmp_path):
    answer = run(checkout / "run", "demo", "--json", "--port", "0", folder=tmp_path)
    assert answer.stderr == ""
    assert json.loads(answer.stdout) == {
        "folder": str(tmp_path),
        "arguments": ["demo", "--json", "--port", "0"],
        "path": str(checkout),
    }


def test_it_works_through_a_chain_of_symbolic_links(checkout, tmp_path):
    (tmp_path / "first").symlink_to(checkout / "run")
    (tmp_path / "second").symlink_to("first")
    answer = run(tmp_path / "second", "portal", "an argument", folder=tmp_path)
    assert json.loads(answer.stdout)["arguments"] == ["an argument"]


def test_a_folder_of_the_caller_that_is_called_portal_is_not_run_in_its_place(checkout, tmp_path):
    (tmp_path / "portal").mkdir()
    (tmp_path / "portal/__main__.py").write_text("raise SystemExit('the wrong one')")
    answer = run(checkout / "run", "worker", folder=tmp_path)
    assert json.loads(answer.stdout)["arguments"] == ["worker"]


def test_an_unknown_command_is_refused_with_the_list_of_those_there_are(checkout):
    answer = run("./run", "demonstrate", folder=checkout)
    assert answer.returncode == 2
    assert "There is no command 'demonstrate'." in answer.stderr
    assert "demo [--json] [--port N]" in answer.stderr


def test_without_python_and_uv_it_names_the_one_line_to_run_and_leaves_nothing_half_made(checkout, tmp_path):
    (checkout / "requirements.lock").write_text("# something else\n")
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("sh", "env", "cat", "cmp", "dirname", "readlink", "rm", "mv", "cp", "tr", "uname"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    for name, text in {"python3": "exit 1", "apt-get": "exit 100", "id": "echo 1000"}.items():
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    script = checkout / "run"
    script.write_text(script.read_text().replace("/usr/bin/python3", str(tmp_path / "none")))
    answer = run(script, "demo", folder=checkout, PATH=str(tools))
    assert answer.returncode == 1
    assert "sudo apt-get update && sudo apt-get install -y python3-venv" in answer.stderr
    assert answer.stdout == ""
    assert sorted(path.name for path in checkout.glob(".venv*")) == [".venv"]
    assert (checkout / ".venv/made-from.lock").read_text() == "# nothing\n"


SET_UP_FAILS = {
    "error: invalid peer certificate: UnknownIssuer": (
        "UV_SYSTEM_CERTS=1 ./run demo",
        "SSL_CERT_FILE=/path/to/root.pem ./run demo",
    ),
    "error: error sending request for url (a registry)": ("Check the network", "HTTPS_PROXY", "UV_DEFAULT_INDEX"),
    "error: No solution found when resolving dependencies": ("no ready-made build for this computer",),
    "error: No space left on device (os error 28)": ("The disk is full.",),
    "error: something else": ("run the same command again; nothing half-made is used.",),
}


@pytest.mark.parametrize("said", SET_UP_FAILS)
def test_a_set_up_that_fails_names_its_remedy_and_leaves_what_was_there(checkout, tmp_path, said):
    (checkout / "requirements.lock").write_text("# something else\n")
    tools = tmp_path / "tools"
    tools.mkdir()
    answers = f"case $1 in --version) echo 'uv 0.9.1' ;; venv) for new; do :; done && mkdir \"$new\" ;; *) echo '{said}' >&2; exit 2 ;; esac"
    (tools / "uv").write_text(f"#!/bin/sh\n{answers}\n")
    (tools / "uv").chmod(0o755)
    answer = run("./run", "demo", folder=checkout, PATH=f"{tools}:{os.environ['PATH']}")
    assert answer.returncode == 1
    assert said in answer.stderr
    for remedy in SET_UP_FAILS[said]:
        assert remedy in answer.stderr
    assert answer.stdout == ""
    assert sorted(path.name for path in checkout.glob(".venv*")) == [".venv"]
    assert (checkout / ".venv/made-from.lock").read_text() == "# nothing\n"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_pins_every_package_by_hash_and_names_no_registry_and_no_folder(lock):
    text = lock.read_text()
    pinned = re.findall(r"^[a-z0-9][^\s=]*==[^\s;]+.*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    named = re.findall(r"^[^\s#].*", text, re.MULTILINE)
    assert len(pinned) == len(named) > 0
    assert not re.search(r"://|--index|--find-links|-e |file:|^/", text, re.MULTILINE)


def test_the_runtime_is_the_same_for_whoever_tests_it():
    def versions(name):
        return set(re.findall(r"^[a-z0-9][^\s=]*==[^\s;]+", (ROOT / name).read_text(), re.MULTILINE))

    assert versions("requirements.lock") <= versions("requirements-postgres.lock") <= versions("requirements-dev.lock")


def test_no_lock_that_names_a_registry_is_kept():
    assert not (ROOT / "uv.lock").exists()
