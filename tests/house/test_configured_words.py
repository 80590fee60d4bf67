"""H13: what a company writes into portal.yaml is words: on pages, in mails and in the download it stands as it was written, whatever it looks like."""

import io
import os
import shutil
import zipfile
from html import unescape

import pytest

import demo
from portal.adapters.opening import close_systems
from portal.commands.demo import FIRST, prepare
from portal.settings import read_settings
from portal.starting import start
from tests import quick_yaml
from tests.doors.site import made_demo, site_of

PROBE = "{{7*1111111111}} {0.__class__} %(x)s %s {%raw%} ${x}"
LANGUAGES = {"en", "de", "ar"}
NAMES = {"name", "legal_name", "address"}
PAGES = (
    "/",
    "/data?group=bought",
    "/preferences",
    "/requests",
    "/sessions",
    "/help",
    "/rights",
    "/numbers",
    "/address",
    "/erase",
)


def written(value, key=""):
    """The file with the probe behind every text and every name; addresses of pages stay what they are.

    Templates of answers do so, too: the probe in one stops the start (tests/rooms/config/test_portal_yaml.py).
    """
    if key == "answer_templates":
        return value
    if isinstance(value, dict):
        words = bool(value) and value.keys() <= LANGUAGES
        return {one: written(inner, "words" if words else str(one)) for one, inner in value.items()}
    if isinstance(value, list):
        return [written(one) for one in value]
    is_text = isinstance(value, str) and (key in NAMES or key == "words") and not value.startswith("http")
    return f"{value} {PROBE}" if is_text else value


@pytest.fixture
def probed(tmp_path):
    """The demo's site, told the same by a company that writes strangely."""
    folder, config = tmp_path / "demo", tmp_path / "config"
    shutil.copytree(made_demo(), folder)
    shutil.copytree(demo.CONFIG.parent, config, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    file = config / demo.CONFIG.name
    file.write_text(quick_yaml.safe_dump(written(quick_yaml.safe_load(file.read_text())), allow_unicode=True, sort_keys=False))
    os.environ.update({**prepare(folder, 8080), "PORTAL_CONFIG": str(file)})
    running = start(read_settings(os.environ), urls={FIRST: "http://127.0.0.1:8080"}, hosts={FIRST: ["127.0.0.1", "localhost"]})
    site = site_of(running, folder)
    yield site
    running.database.close()
    close_systems()


def check(text, where):
    """Nothing of the probe was worked out; gives whether it stands there at all."""
    text = unescape(text)
    assert "7777777777" not in text, where
    assert "<class" not in text, where
    # Where a sign of the probe stands, all of it stands.
    for sign in ("{{7*", "__class__", "{%raw"):
        assert text.count(sign) == text.count(PROBE), (where, sign)
    return PROBE in text


def test_H13_what_a_company_writes_is_never_run_as_a_template(probed):
    maren = probed.signed_in(demo.CUSTOMER)
    for path in PAGES:
        maren.open(path)
        assert maren.status == 200, path
        assert check(maren.answer.text, path), path
    maren.open("/get-a-copy")
    maren.submit("Continue", scope="all")
    assert check(maren.answer.text, maren.path)
    maren.submit("Make my copy")
    path = maren.path
    mails = probed.mails(demo.CUSTOMER)
    assert len(mails) == 3, "the link, that it was received, that it is ready"
    for mail in mails:
        assert check(mail.text, mail.subject)
        assert check(mail.html, mail.subject)
        assert check(mail.subject + str(mail.headers), mail.subject)
    maren.open(path)
    assert check(maren.answer.text, path)
    maren.submit("Download")
    archive = zipfile.ZipFile(io.BytesIO(maren.answer.data))
    for name in archive.namelist():
        check(archive.read(name).decode(), name)
    assert check(archive.read("index.html").decode(), "index.html")
