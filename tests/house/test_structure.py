"""The house itself: files one can understand alone, modules that say what they are for, nothing left over."""

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted((ROOT / "portal").rglob("*.py"))


def test_no_file_is_longer_than_four_hundred_lines():
    long = {
        str(file.relative_to(ROOT)): count
        for file in CODE
        if (count := len(file.read_text().splitlines())) > 400 and "versions" not in file.parts
    }
    assert long == {}


def test_every_module_opens_with_what_it_is_for():
    silent = [
        str(file.relative_to(ROOT))
        for file in CODE
        if file.read_text().strip() and not ast.get_docstring(ast.parse(file.read_text()))
    ]
    assert silent == []


def test_every_public_function_and_class_of_the_rooms_has_a_docstring():
    silent = []
    for file in CODE:
        if "migrations" in file.parts or "site" in file.parts:
            continue
        silent += [
            f"{file.relative_to(ROOT)}:{node.name}"
            for node in ast.parse(file.read_text()).body
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node)
        ]
    assert silent == []


def test_views_are_short():
    long = []
    for file in (ROOT / "portal" / "site").glob("*.py"):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.FunctionDef) and any("bp." in ast.unparse(d) for d in node.decorator_list):
                lines = (node.end_lineno or 0) - node.body[0].lineno + 1
                if lines > 18:
                    long.append(f"{file.name}:{node.name} {lines}")
    assert long == []


def test_nothing_inline_and_nothing_foreign_stands_in_a_template():
    for file in (ROOT / "templates").rglob("*.html"):
        text = file.read_text()
        if "mail" not in file.parts:
            assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", text), file
            assert not re.search(r"<script(?![^>]*\bsrc=)", text), file
        assert not re.search(r"(src|href)=\"(https?:)?//", text), file
        assert not re.search(r"\|\s*safe\s*[}%|)]", text), file


def test_O8_no_lock_file_names_a_host_and_every_package_has_a_hash():
    for file in ROOT.glob("requirements*.lock"):
        text = file.read_text()
        assert not re.search(r"https?://", text), file
        packages = re.findall(r"^[a-z0-9][\w.-]*(?:\[[\w,]+\])?==", text, re.MULTILINE)
        assert packages
        assert len(re.findall(r"--hash=sha256:", text)) >= len(packages)


def test_O8_nothing_is_unpickled():
    for file in CODE:
        assert not re.search(r"\b(pickle|marshal|shelve|dill)\b", file.read_text()), file


def test_O5_no_assert_guards_anything():
    # The contracts for outsiders' tests are made of assertions; nothing at run time imports them.
    for file in [file for file in CODE if not file.name.startswith("testing")]:
        for node in ast.walk(ast.parse(file.read_text())):
            assert not isinstance(node, ast.Assert) or "noqa: S101" in file.read_text().splitlines()[node.lineno - 1], (
                f"{file}:{node.lineno}"
            )


def test_nothing_is_committed_that_a_machine_made():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert not [file for file in tracked if re.search(r"\.(pyc|db|sqlite|mo|log)$|__pycache__|^var/", file)]
