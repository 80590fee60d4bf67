"""Every map that our reader takes is a map to Fideslang itself, asked in a child process (it needs an older pydantic)."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from portal.adapters.fideslang import STRATEGIES, read_maps
from portal.adapters.taxonomy import known_categories
from portal.core.documents import DocumentError
from tests import quick_yaml
from tests.adapters.test_fideslang import EVERY_KEY

ROOT = Path(__file__).parents[2]
ASK = """
import json, sys
from fideslang.models import Dataset
for line in sys.stdin:
    try:
        for one in json.loads(line)["dataset"]:
            Dataset.model_validate(one)
        print("yes", flush=True)
    except Exception as error:
        print("no " + type(error).__name__ + " " + str(error).replace("\\n", " "), flush=True)
"""

Accepts = Callable[[Any], str]


@pytest.fixture(scope="module")
def fideslang_says() -> Iterator[Accepts]:
    """Ask Fideslang about the plain data of a map file: `yes`, or `no` and why."""
    python = Path(os.environ.get("PORTAL_TEST_FIDESLANG_PYTHON", ROOT / ".venv-fideslang" / "bin" / "python"))
    assert python.exists(), "Fideslang has no environment: `./run test` makes it from requirements-fideslang.lock."
    with subprocess.Popen([python, "-c", ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def ask(data: Any) -> str:
            assert process.stdin
            assert process.stdout
            process.stdin.write(json.dumps(data) + "\n")
            process.stdin.flush()
            return process.stdout.readline().strip()

        yield ask
        assert process.stdin
        process.stdin.close()


names = st.sampled_from(["id", "email", "order", "a.b", "ä b", "x"])
categories = st.lists(st.sampled_from(sorted(known_categories() | {"user.loyalty.tier", "nonsense"})), max_size=2)
maybe = st.sampled_from([None, True, False, "yes"])
field_metas = st.fixed_dictionaries(
    {},
    optional={
        "identity": st.sampled_from(["email", "phone_number", "loyalty_id"]),
        "primary_key": maybe,
        "data_type": st.sampled_from(["string", "string[]", "object", "object[]", "date", "integer", None]),
        "length": st.sampled_from([1, 40, 0, "x"]),
        "read_only": maybe,
        "return_all_elements": maybe,
        "redact": st.sampled_from(["name", "names"]),
        "custom_request_field": names,
        "masking_strategy_override": st.fixed_dictionaries({"strategy": st.sampled_from([*STRATEGIES, "nope"])}),
        "references": st.lists(
            st.fixed_dictionaries(
                {"dataset": st.sampled_from(["shop", "crm", "a b"]), "field": st.sampled_from(["t.id", "t.email", "u.id", "t"])},
                optional={"direction": st.sampled_from(["from", "to", "up"])},
            ),
            max_size=2,
        ),
    },
)
fields = st.recursive(
    st.fixed_dictionaries(
        {"name": names}, optional={"data_categories": categories, "fides_meta": field_metas, "fidesops_meta": field_metas}
    ),
    lambda below: st.fixed_dictionaries(
        {"name": names, "fields": st.lists(below, max_size=2)}, optional={"fides_meta": field_metas}
    ),
    max_leaves=4,
)
collections = st.fixed_dictionaries(
    {"name": st.sampled_from(["t", "u"]), "fields": st.lists(fields, max_size=4)},
    optional={
        "data_categories": categories,
        "fides_meta": st.fixed_dictionaries(
            {}, optional={"after": st.sampled_from([["shop.t"], ["shop"]]), "skip_processing": maybe, "redact": st.just("name")}
        ),
    },
)
maps = st.fixed_dictionaries(
    {
        "dataset": st.lists(
            st.fixed_dictionaries(
                {"fides_key": st.sampled_from(["shop", "crm", "<x>", "a b"]), "collections": st.lists(collections, max_size=2)},
                optional={"tags": st.sampled_from([["a"], None, "a"]), "meta": st.just({"a": 1}), "data_categories": categories},
            ),
            min_size=1,
            max_size=2,
        )
    }
)


def one_field(field: Any) -> Any:
    """A map of one table with this field alone."""
    return {"dataset": [{"fides_key": "shop", "collections": [{"name": "t", "fields": [field]}]}]}


def test_the_map_with_every_key_is_one_to_fideslang(fideslang_says: Accepts) -> None:
    assert fideslang_says(quick_yaml.safe_load(EVERY_KEY)) == "yes"


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(maps)
@example(one_field({"name": "id", "fides_meta": {}, "fidesops_meta": {"return_all_elements": True}}))
@example(one_field({"name": "id", "fides_meta": {"data_type": "string[]"}, "fidesops_meta": {"return_all_elements": True}}))
def test_what_our_reader_takes_fideslang_takes(
    fideslang_says: Accepts, tmp_path_factory: pytest.TempPathFactory, data: Any
) -> None:
    file = tmp_path_factory.getbasetemp() / "map.yml"
    file.write_text(quick_yaml.safe_dump(data))
    try:
        read_maps([file])
    except DocumentError:
        return
    assert fideslang_says(data) == "yes"
