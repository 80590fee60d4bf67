"""While a restored database waits for its journal, every page answers 503 and does nothing else."""

import time
from collections.abc import Callable

from flask import Response, make_response, render_template, request

from portal.core import crypto
from portal.core.db import Database
from portal.core.epoch import epoch_of
from portal.core.i18n import _

LOOK_AGAIN_SECONDS = 3.0


def gate(database: Database) -> Callable[[], Response | None]:
    """A check before every request; the database is asked every few seconds, and at the first."""
    seen = {"next": 0.0, "restored": True}

    def refuse_while_restored() -> Response | None:
        if time.monotonic() >= seen["next"]:
            epoch = epoch_of(database)
            seen["restored"], seen["next"] = epoch.restored, time.monotonic() + LOOK_AGAIN_SECONDS
            crypto.use_generation(epoch.generation)
        if not seen["restored"] or (request.endpoint or "").startswith("looks."):
            return None
        html = render_template(
            "site/error.html",
            status=503,
            title=_("We are bringing things up to date"),
            sentence=_("Nothing of yours is lost. Try again in a few minutes."),
            signed_in=False,
        )
        answer = make_response(html, 503)
        answer.headers["Retry-After"] = "120"
        return answer

    return refuse_while_restored
