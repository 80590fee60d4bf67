"""What a user looks for is documented: settings, keys, tables, pages, commands and mails; and the catalogues are whole."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAILS = sorted(folder.name for folder in (ROOT / "templates" / "mail").iterdir() if folder.is_dir())


@pytest.mark.parametrize("script", ["scripts/reference.py", "scripts/words.py"])
def test_what_is_written_from_the_code_is_current(script):
    done = subprocess.run([sys.executable, ROOT / script, "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("mail", MAILS)
def test_every_mail_is_documented_and_complete(mail):
    assert f"`{mail}`" in (ROOT / "docs" / "reference" / "mails.md").read_text()
    assert {file.name for file in (ROOT / "templates" / "mail" / mail).iterdir()} == {"subject.txt", "body.txt", "body.html"}


def test_every_link_in_the_docs_leads_somewhere():
    import re

    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
            if not target.startswith(("http:", "https:", "mailto:")):
                assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} points to {target}"
