"""`portal.yaml`: companies as code. Read once, checked before anything runs; every error names file, line, key and remedy."""

from portal.config.loading import Config, load_config

__all__ = ["Config", "load_config"]
