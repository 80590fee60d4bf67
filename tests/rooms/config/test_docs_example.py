"""The example in the documentation is one that loads."""

import re
import shutil
from pathlib import Path

from portal.config import load_config
from tests.rooms.world import COMPANIES

PAGE = Path(__file__).parents[3] / "docs" / "configuration.md"


def test_the_smallest_portal_yaml_of_the_docs_loads(tmp_path):
    example = next(
        block for block in re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL) if block.startswith("version")
    )
    (tmp_path / "portal.yaml").write_text(example)
    shutil.copy(COMPANIES.parent / "logo.svg", tmp_path / "logo.svg")
    assert list(load_config(tmp_path / "portal.yaml").portal.companies) == ["acme"]
