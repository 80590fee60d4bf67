"""The recipes for other languages make the very bytes of the vectors; each is run where its language is installed."""

import json
import shutil
import subprocess
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RECIPES = ROOT / "docs" / "links" / "recipes"
VECTORS = ROOT / "tests" / "vectors" / "link_tokens.json"
GOOD = json.loads(VECTORS.read_text())["good"]

NODE = """
import { readFileSync } from "node:fs";
const { linkToken } = await import(process.argv[1]);
const made = JSON.parse(readFileSync(process.argv[2])).good.map((v) => linkToken(v.company, v.key_number, Buffer.from(v.key, "hex"),
  v.identifier, { ...v, nonce: Buffer.from(v.nonce, "hex") }));
console.log(JSON.stringify(made));
"""
PHP = """
require $argv[1];
$made = array_map(fn($v) => link_token($v['company'], $v['key_number'], hex2bin($v['key']), $v['identifier'], $v['issued'],
    $v['expires'], $v['choice'], $v['campaign'], $v['kind'], $v['scope'], hex2bin($v['nonce'])),
    json_decode(file_get_contents($argv[2]), true)['good']);
echo json_encode($made, JSON_UNESCAPED_SLASHES);
"""


@pytest.mark.parametrize(
    ("program", "how", "script", "recipe"),
    [("node", ["--input-type=module", "-e"], NODE, "link_token.mjs"), ("php", ["-r"], PHP, "link_token.php")],
    ids=["javascript", "php"],
)
def test_recipe_makes_the_vectors(program, how, script, recipe):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed here")
    between = ["--"] if program == "php" else []
    command = [program, *how, script, *between, str(RECIPES / recipe), str(VECTORS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [vector["token"] for vector in GOOD]


@pytest.mark.parametrize("vector", GOOD, ids=lambda vector: vector["name"])
def test_the_python_recipe_makes_the_vectors(vector):
    spec = spec_from_file_location("recipe", RECIPES / "link_token.py")
    assert spec is not None and spec.loader is not None
    recipe = module_from_spec(spec)
    spec.loader.exec_module(recipe)
    made = recipe.link_token(
        vector["company"],
        vector["key_number"],
        bytes.fromhex(vector["key"]),
        vector["identifier"],
        nonce=bytes.fromhex(vector["nonce"]),
        **{name: vector[name] for name in ("issued", "expires", "choice", "campaign", "kind", "scope")},
    )
    assert made == vector["token"]
    with pytest.raises(ValueError, match="address"):
        recipe.link_token("a", 1, b"x" * 32, "mar\u0131a@example.org", issued=0, expires=0)
