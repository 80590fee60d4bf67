"""The recipes for other languages make the very bytes of the vectors and no link for what is no address; each is run where its language is
installed.
"""

import json
import shutil
import subprocess
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.people.addresses import AddressRefused, normal_address

ROOT = Path(__file__).resolve().parents[2]
RECIPES = ROOT / "docs" / "links" / "recipes"
VECTORS = ROOT / "tests" / "vectors" / "link_tokens.json"
KNOWN = json.loads(VECTORS.read_text())
GOOD, REFUSED = KNOWN["good"], KNOWN["refused"]

NODE = """
import { readFileSync } from "node:fs";
const { linkToken } = await import(process.argv[1]);
const known = JSON.parse(readFileSync(process.argv[2]));
const good = known.good.map((v) => linkToken(v.company, v.key_number, Buffer.from(v.key, "hex"), v.identifier,
  { ...v, nonce: Buffer.from(v.nonce, "hex") }));
const taken = known.refused.filter((who) => {
  try { return linkToken("a", 1, Buffer.alloc(32), who, { issued: 0, expires: 0 }); } catch (error) { return error.name !== "Error"; }
});
const typed = linkToken("a", 1, Buffer.alloc(32), " \\tMaria@Example.org\\r\\n", { issued: 0, expires: 0, nonce: Buffer.alloc(12) });
console.log(JSON.stringify({ good, taken, typed }));
"""
PHP = """
require $argv[1];
$known = json_decode(file_get_contents($argv[2]), true);
$good = array_map(fn($v) => link_token($v['company'], $v['key_number'], hex2bin($v['key']), $v['identifier'], $v['issued'],
    $v['expires'], $v['choice'], $v['campaign'], $v['kind'], $v['scope'], hex2bin($v['nonce'])), $known['good']);
$taken = array_values(array_filter($known['refused'], function ($who) {
    try { return link_token('a', 1, str_repeat(chr(0), 32), $who, 0, 0); } catch (InvalidArgumentException $e) { return false; }
}));
$typed = link_token('a', 1, str_repeat(chr(0), 32), ' ' . chr(9) . 'Maria@Example.org' . chr(13) . chr(10), 0, 0, nonce: str_repeat(chr(0), 12));
echo json_encode(['good' => $good, 'taken' => $taken, 'typed' => $typed], JSON_UNESCAPED_SLASHES);
"""


def load_recipe():
    spec = spec_from_file_location("recipe", RECIPES / "link_token.py")
    assert spec is not None and spec.loader is not None
    recipe = module_from_spec(spec)
    spec.loader.exec_module(recipe)
    return recipe


PYTHON = load_recipe()


@pytest.mark.parametrize(
    ("program", "how", "script", "recipe"),
    [("node", ["--input-type=module", "-e"], NODE, "link_token.mjs"), ("php", ["-r"], PHP, "link_token.php")],
    ids=["javascript", "php"],
)
def test_recipe_makes_the_vectors_and_refuses_what_is_no_address(program, how, script, recipe):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed here")
    between = ["--"] if program == "php" else []
    command = [program, *how, script, *between, str(RECIPES / recipe), str(VECTORS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    typed = PYTHON.link_token("a", 1, bytes(32), "maria@example.org", issued=0, expires=0, nonce=bytes(12))
    assert json.loads(done.stdout) == {"good": [vector["token"] for vector in GOOD], "taken": [], "typed": typed}


@pytest.mark.parametrize("vector", GOOD, ids=lambda vector: vector["name"])
def test_the_python_recipe_makes_the_vectors(vector):
    made = PYTHON.link_token(
        vector["company"],
        vector["key_number"],
        bytes.fromhex(vector["key"]),
        vector["identifier"],
        nonce=bytes.fromhex(vector["nonce"]),
        **{name: vector[name] for name in ("issued", "expires", "choice", "campaign", "kind", "scope")},
    )
    assert made == vector["token"]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused_is_no_address_to_the_python_recipe(text):
    with pytest.raises(ValueError, match="address"):
        PYTHON.link_token("a", 1, bytes(32), text, issued=0, expires=0)


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused_is_no_address_to_the_portal_either_but_for_letters_that_a_recipe_cannot_write_anew(text):
    if text == "maria@bücher.example":
        assert normal_address(text) == "maria@xn--bcher-kva.example"
    else:
        with pytest.raises(AddressRefused):
            normal_address(text)


PARTS = [
    "a",
    "Z",
    "9",
    "-",
    ".",
    "@",
    "_",
    "+",
    " ",
    "'",
    "xn",
    "--",
    "ab",
    "\t",
    "x" * 30,
    "example",
    ".org",
    ".test",
    ".local",
    "@localhost",
    "é",
]


@given(
    st.one_of(
        st.lists(st.sampled_from(PARTS), max_size=12).map("".join),
        st.builds("{}@{}".format, st.lists(st.sampled_from(PARTS)).map("".join), st.lists(st.sampled_from(PARTS)).map("".join)),
        st.builds("a@{}.org".format, st.text(st.sampled_from("a9-.x"), max_size=70)),
        st.emails(),
    ).filter(lambda text: text.isascii() and "xn--" not in text.lower())
)
def test_the_python_recipe_takes_what_the_portal_takes_and_writes_it_as_the_portal_does(text):
    def token(identifier):
        return PYTHON.link_token("a", 1, bytes(32), identifier, issued=0, expires=0, nonce=bytes(12))

    try:
        normal = normal_address(text)
    except AddressRefused:
        with pytest.raises(ValueError, match="address"):
            token(text)
    else:
        assert token(text) == token(normal) and normal == text.strip(" \t\r\n").lower()
