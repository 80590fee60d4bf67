"""The page of a link inside a frame of the company's own site: on one address only, and only for the origins of `portal.yaml`.

Must never let any other page be framed, and never take a yes: that needs a page of its own.
"""

from flask import Response, request

from portal.web.context import current_company
from portal.web.headers import allow_frame

NAME = "embedded_page"
PREFIX = "/embedded/p/<token>"


def allow_configured_frames(response: Response) -> Response:
    """Name the company's origins on the framed address; every other answer keeps its `'none'`."""
    if request.blueprint != NAME:
        return response
    return allow_frame(response, current_company().config.embed_origins)
