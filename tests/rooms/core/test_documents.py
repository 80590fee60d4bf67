"""YAML that people write: mistakes are named with their line, and a file cannot blow up."""

import pytest

from portal.core.documents import DocumentError, parse_yaml


def test_the_line_of_a_key_is_known():
    document = parse_yaml(b"a:\n  b: 1\n  c:\n    - x\n    - y\n", "some.yaml")
    assert document.data == {"a": {"b": 1, "c": ["x", "y"]}}
    assert document.line_of("a", "c", 1) == 5
    assert document.line_of("a", "nowhere", "at all") == 1


def test_a_key_that_stands_twice_is_an_error_with_its_line():
    with pytest.raises(DocumentError) as caught:
        parse_yaml(b"a: 1\nb: 2\na: 3\n", "some.yaml")
    assert (caught.value.line, caught.value.key) == (3, "a")


def test_norway_stays_norway_as_a_key():
    assert parse_yaml(b"no: Norway\n", "some.yaml").data == {"no": "Norway"}


@pytest.mark.parametrize(
    "text",
    [
        b"a: !!python/object/apply:os.system ['true']\n",
        b"a: !unknown x\n",
        b"a: [1, 2\n",
        b"\xff\xfe\x00",
        b"<<: {a: 1}\nb: 2\n",
        b"? [1, 2]\n: x\n",
    ],
)
def test_what_is_not_plain_yaml_is_refused_in_words(text):
    with pytest.raises(DocumentError) as caught:
        parse_yaml(text, "some.yaml")
    assert caught.value.remedy


def test_D6_a_small_file_cannot_grow_into_a_large_one():
    levels = [b"a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join(['*a' + str(n - 1)] * 10)}]".encode() for n in range(1, 9)]
    with pytest.raises(DocumentError, match="too large"):
        parse_yaml(b"\n".join(levels), "bomb.yaml")


def test_D6_depth_and_size_end_in_words():
    for deeper in (b"[", b"{a: ", b"- ", b"? "):
        with pytest.raises(DocumentError):
            parse_yaml(deeper * 400_000, "deep.yaml")
    with pytest.raises(DocumentError, match="larger"):
        parse_yaml(b"a: " + b"x" * 2_000_001, "long.yaml")
