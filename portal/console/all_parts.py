"""All parts of door 4, for `create_app`."""

from flask import Blueprint

from portal.console import (
    abuse,
    acts,
    audit,
    case,
    clock,
    colleagues,
    deciding,
    drafts,
    figures,
    find,
    holds,
    intake,
    mails,
    mandates,
    own,
    phone,
    proposals,
    provider,
    queue,
    refusals,
    second,
    settings,
    sign_in,
    tasks,
    texts,
)

PARTS = (
    sign_in,
    second,
    provider,
    own,
    queue,
    find,
    intake,
    phone,
    case,
    acts,
    drafts,
    tasks,
    texts,
    clock,
    refusals,
    deciding,
    holds,
    proposals,
    figures,
    settings,
    mails,
    mandates,
    abuse,
    colleagues,
    audit,
)


def blueprints() -> list[Blueprint]:
    """The blueprints, all below `/console`."""
    return [part.bp for part in PARTS]
