"""What a command says of a mistake: exit code 1 and one line with the place and the remedy, never a trace or what a driver said (H15)."""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import demo
from portal.commands.demo import prepare
from tests.nursery import run_portal

SECRET = "hunter2-of-the-database"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The environment of a demo that is migrated, with its own copy of portal.yaml and maps."""
    folder = tmp_path_factory.mktemp("starting")
    prepare(folder, 8080)
    demo.make(folder)
    environment = dict(shlex.split(line)[0].split("=", 1) for line in (folder / "environment").read_text().splitlines())
    shutil.copytree(demo.CONFIG.parent, folder / "demo", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    environment["PORTAL_CONFIG"] = str(folder / "demo" / "portal.yaml")
    assert run(environment, "migrate").returncode == 0
    return environment


def run(environment, *words, **more):
    """One command in a process of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "DEMO_"))}
    return run_portal(*words, environment={**clean, **environment, **more})


def one_line(answer):
    """The one line of a refusal."""
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "Traceback" not in answer.stderr
    assert SECRET not in answer.stderr + answer.stdout
    lines = answer.stderr.strip().splitlines()
    assert len(lines) == 1, answer.stderr
    assert lines[0].startswith("portal: ")
    return lines[0]


def test_who_has_read_enough_of_a_list_gets_no_complaint(made):
    reader, writer = os.pipe()
    os.close(reader)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "DEMO_"))}
    answer = subprocess.run(
        [sys.executable, "-m", "portal", "laws", "list"],
        stdout=writer, stderr=subprocess.PIPE, text=True, check=False, env={**clean, **made}, cwd=demo.CONFIG.parents[1],
    )  # fmt: skip
    os.close(writer)
    assert (answer.returncode, answer.stderr) == (141, "")


MISTAKES = {
    "unknown key": (
        b"    name: Fjordkaffe\n",
        b"    nmae: Fjordkaffe\n",
        r":\d+: companies\.fjordkaffe\.nmae: .*Did you mean `name`",
    ),
    "no translation": (b"title: {en: News and offers, de: Neues und Angebote, ", b"title: {en: News and offers, ", r":\d+: .*de"),
    "unknown law": (b"laws: [eu_gdpr]", b"laws: [eu_gdrp]", r":\d+: .*laws.*eu_gdrp.*Known are: "),
    "a review of a law that is not its own": (
        b"laws: [eu_gdpr]",
        b"laws: [eu_gdpr]\n    law_reviews: {uk_gdpr: {by: Somebody, on: 2026-11-01}}",
        r":\d+: .*law_reviews.*uk_gdpr.*not one of the company's laws",
    ),
    "a review without a day": (
        b"laws: [eu_gdpr]",
        b"laws: [eu_gdpr]\n    law_reviews: {eu_gdpr: {by: Somebody}}",
        r":\d+: .*law_reviews.*on",
    ),
    "a law that nobody has read": (b"laws: [eu_gdpr]", b"laws: [eu_gdpr, us_va]", r":\d+: .*laws.*us_va.*law_reviews"),
    "a country without holidays": (
        b"laws: [eu_gdpr]",
        b"laws: [eu_gdpr]\n    holidays_of: {country: XX}",
        r":\d+: .*holidays_of.*does not know XX.*public_holidays",
    ),
    "unknown reference": (b"retention: account\n", b"retention: acount\n", r":\d+: .*acount"),
    "unknown kind": (b"kind: demo", b"kind: salesfroce", r":\d+: .*salesfroce.*Known are: "),
    "not YAML": (b"    hosts: [", b"\thosts: [", r":\d+: This is not YAML"),
    "not text": (b"Fjordkaffe AS", b"Fjordkaffe \xff\xfe", r":\d+: This is not YAML in UTF-8"),
    "a key twice": (b"    country: ", b"    country: NO\n    country: ", r":\d+: .*country"),
    "a bomb": (b"version: 1", b"version: &a [&b [x, x], *a, *a]", r":\d+: "),
}


@pytest.mark.sampled
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_portal_yaml_is_named_with_its_line_and_nothing_starts(made, mistake):
    old, new, said = MISTAKES[mistake]
    file = Path(made["PORTAL_CONFIG"])
    good = file.read_bytes()
    assert old in good
    try:
        file.write_bytes(good.replace(old, new, 1))
        line = one_line(run(made, *(("worker",) if mistake == "unknown key" else ("config", "check"))))
        assert str(file) in line
        assert re.search(said, line), line
    finally:
        file.write_bytes(good)


def test_a_portal_yaml_that_is_not_there_or_empty_is_named(made, tmp_path):
    (tmp_path / "empty.yaml").touch()
    for name in ("none.yaml", "empty.yaml", ""):
        told = run(made, "config", "check", PORTAL_CONFIG=str(tmp_path / name))
        assert told.returncode != 0
        assert all(f"{tmp_path / name}:1: " in line for line in told.stderr.splitlines()), told.stderr


def test_D6_a_map_with_a_mistake_is_named_with_its_line_and_closes_its_own_system_only(made):
    file = Path(made["PORTAL_CONFIG"]).parent / "maps" / "fjordkaffe_shop.yml"
    good = file.read_text()
    try:
        file.write_text(good.replace("data_categories:", "data_catgories:", 1))
        answer = run(made, "config", "check")
        assert answer.returncode == 1
        assert "The file is good.\nfjordkaffe/shop: maps/" in answer.stdout
        answer = run(made, "map", "check")
        assert answer.returncode == 1
        assert re.fullmatch(r"fjordkaffe/shop: maps/fjordkaffe_shop\.yml:\d+: .*data_catgories.*\n", answer.stdout), answer.stdout
    finally:
        file.write_text(good)


DATABASES = {
    "nobody listens": f"postgresql+psycopg://portal:{SECRET}@127.0.0.1:1/portal",
    "no URL": f"portal:{SECRET}@nowhere",
    "no driver": f"oracle://portal:{SECRET}@127.0.0.1/portal",
    "no folder": "sqlite:////nowhere/at/all/portal.db",
    "no database": "sqlite:///{rubbish}",
    "not migrated": "sqlite:///{fresh}",
}


@pytest.mark.sampled
@pytest.mark.parametrize("which", DATABASES)
def test_H15_a_database_that_cannot_be_used_is_said_without_the_drivers_words(made, which, tmp_path):
    (tmp_path / "rubbish.db").write_bytes(b"maren@example.org " * 400)
    url = DATABASES[which].format(rubbish=tmp_path / "rubbish.db", fresh=tmp_path / "fresh.db")
    for command in (("worker",), ("case", "list", "--company", "fjordkaffe"))[: 2 if "listens" in which else 1]:
        line = one_line(run(made, *command, PORTAL_DATABASE_URL=url))
        assert "migrate" in line if which == "not migrated" else "PORTAL_DATABASE_URL" in line, line
        assert "maren" not in line


def test_O5_keys_and_settings_that_are_wrong_are_named(made, tmp_path):
    (tmp_path / "keys.json").write_text('{"data": {}}')
    for wrong, said in (
        ({"PORTAL_KEYS_FILE": str(tmp_path / "keys.json")}, "keys"),
        ({"PORTAL_KEYS_FILE": str(tmp_path / "none")}, "PORTAL_KEYS_FILE"),
        ({"PORTAL_BIND": "0.0.0.0:8080"}, "PORTAL_BIND"),
        ({"PORTAL_WEB_THREADS": "many"}, "PORTAL_WEB_THREADS"),
        ({"PORTAL_WEB_THREDS": "4"}, "PORTAL_WEB_THREDS"),
        ({"PORTAL_MODE": "production"}, "PORTAL_SMTP_URL"),
    ):
        assert said in one_line(run(made, "serve", **wrong))


def test_a_busy_port_is_said_before_anything_starts(made):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"127.0.0.1:{port}" in one_line(run(made, "serve", PORTAL_BIND=f"127.0.0.1:{port}"))
    assert "127.0.0.1:notaport" in one_line(run(made, "serve", PORTAL_BIND="127.0.0.1:notaport"))


def test_a_folder_that_cannot_be_written_and_a_port_that_is_none_are_said_in_one_line(made, tmp_path):
    assert "/proc/nowhere" in one_line(run({}, "demo", "--folder", "/proc/nowhere"))
    assert "--port" in one_line(run({}, "demo", "--folder", str(tmp_path), "--port", "70000"))
    assert "/proc/" in one_line(run({}, "keys", "new", "/proc/nowhere/keys.json"))


def test_O10_a_case_is_not_found_across_companies_and_no_value_is_printed(made):
    for words in (
        ["show", "7KQ2-M9XD-4TBR"],
        ["texts", "7KQ2-M9XD-4TBR", "--by", "staff-1"],
        ["release", "7KQ2-M9XD-4TBR", "--by", "staff-1"],
    ):
        assert "no such case" in one_line(run(made, "case", words[0], "--company", "alpenrad", *words[1:])).lower()
    answer = run(made, "case", "show", "7KQ2-M9XD-4TBR")
    assert answer.returncode == 2
    assert "--company" in answer.stderr


def test_links_made_for_a_demo_lead_to_where_it_answers(tmp_path):
    environment = prepare(tmp_path / "demo", 8123)
    key = tmp_path / "key.json"
    for company, start in (("fjordkaffe", "http://127.0.0.1:8123"), ("alpenrad", "http://alpenrad.localhost:8123")):
        assert run(environment, "links", "keys", "export", "--company", company, str(key)).returncode == 0
        assert json.loads(key.read_text())["url"] == start
        key.unlink()
