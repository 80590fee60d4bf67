"""All parts of door 4, for `create_app`."""

from flask import Blueprint

from portal.console import own, second, sign_in

PARTS = (sign_in, second, own)


def blueprints() -> list[Blueprint]:
    """The blueprints, all below `/console`."""
    return [part.bp for part in PARTS]
