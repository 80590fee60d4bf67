"""Which companies this process serves: the checked configuration and the ids of its rows, side by side."""

from portal.config import Config
from portal.config.model import Company
from portal.core.errors import PortalError


class NotLoaded(PortalError):
    """The process asked for its companies before they were loaded."""


class UnknownCompany(PortalError):
    """A row belongs to a company that is no longer in `portal.yaml`."""


_config: Config | None = None
_ids: dict[str, int] = {}
_keys: dict[int, str] = {}


def use_companies(config: Config, ids: dict[str, int]) -> None:
    """Set the companies of this process, once, at start."""
    global _config, _ids, _keys
    _config, _ids, _keys = config, dict(ids), {company_id: key for key, company_id in ids.items()}


def config() -> Config:
    """The configuration of this process."""
    if _config is None:
        raise NotLoaded("The companies are not loaded yet.")
    return _config


def ids() -> dict[str, int]:
    """Ids of the companies by key."""
    return _ids


def key_of(company_id: int) -> str:
    """The key of a company's id. Raises `UnknownCompany`."""
    if company_id not in _keys:
        raise UnknownCompany("A row belongs to a company that is not in portal.yaml. Put the company back, or erase it first.")
    return _keys[company_id]


def company(company_id: int) -> Company:
    """What `portal.yaml` says of the company with this id."""
    return config().company(key_of(company_id))
