"""What a file is goes by its content; what its name says must not be something else."""

from pathlib import Path

import pytest

from portal.core.uploads import ENDINGS, FileKind, Upload, kind_of
from tests.attachments import REFUSED, TAKEN

PICTURES = sorted((Path(__file__).parents[3] / "docs" / "pictures").glob("*.png"))


@pytest.mark.parametrize(("name", "content", "kind"), TAKEN)
def test_what_may_be_sent_is_known_by_its_content(name, content, kind):
    assert kind_of(Upload(name, content)) == kind


@pytest.mark.parametrize(("name", "content"), REFUSED)
def test_what_may_not_be_sent_or_lies_is_nothing(name, content):
    assert kind_of(Upload(name, content)) is None


def test_pictures_as_programs_write_them_are_pictures():
    assert len(PICTURES) > 10
    assert {kind_of(Upload(file.name, file.read_bytes())) for file in PICTURES} == {FileKind.PNG}
    assert {kind_of(Upload("photo.jpg", file.read_bytes())) for file in PICTURES} == {None}


def test_a_file_that_was_too_large_to_keep_or_is_empty_is_of_no_kind_that_lies():
    assert kind_of(Upload("x.pdf", None)) is None
    assert ENDINGS.keys() == set(FileKind)
