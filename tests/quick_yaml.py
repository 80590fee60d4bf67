"""YAML for tests by libyaml where it is installed: hundreds of tests write a company of their own, and in Python that took as long as what they try."""

from typing import Any

import yaml


def safe_dump(data: Any, **style: Any) -> str:
    """As `yaml.safe_dump`."""
    return str(yaml.dump(data, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), **style))


def safe_load(text: str) -> Any:
    """As `yaml.safe_load`."""
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
