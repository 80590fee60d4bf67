"""All parts of door 2, for `create_app`."""

from flask import Blueprint

from portal.links import one_click, page, tasks, unsubscribe

PARTS = (page, one_click, tasks, unsubscribe)


def blueprints() -> list[Blueprint]:
    """The blueprints; none of them reads a cookie as a right, so none needs a token against forgery."""
    return [part.bp for part in PARTS]
