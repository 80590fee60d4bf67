"""The company that a command is about. Must never let a command work on a company that was not named."""

import argparse

from portal.accounts import registry
from portal.commands.demo import urls_of
from portal.core.errors import PortalError
from portal.settings import settings
from portal.starting import Running, start


class NoSuchCompany(PortalError):
    """The company named is not in portal.yaml."""


def start_for(chosen: argparse.Namespace) -> tuple[Running, int]:
    """The portal, started, and the id of the company that `--company` names. Raises `NoSuchCompany`."""
    running = start(settings(), urls=urls_of(settings()))
    company_id = registry.ids().get(chosen.company)
    if company_id is None:
        raise NoSuchCompany(f"No company `{chosen.company}`. There are: {', '.join(sorted(registry.ids()))}.")
    return running, company_id
