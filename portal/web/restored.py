"""While a restored database waits for its journal, every page answers 503 and does nothing else."""

import time

from flask import Response, make_response, render_template, request

from portal.core import crypto
from portal.core.db import Database
from portal.core.epoch import epoch_of
from portal.core.i18n import _

LOOK_AGAIN_SECONDS = 3.0


class Gate:
    """Stands before every request; the database is asked every few seconds, and at the first."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._next_look, self._shut = 0.0, True

    def is_shut(self) -> bool:
        """Whether the database is one that was restored and waits for its journal."""
        if time.monotonic() >= self._next_look:
            epoch = epoch_of(self._database)
            self._shut, self._next_look = epoch.restored, time.monotonic() + LOOK_AGAIN_SECONDS
            crypto.use_generation(epoch.generation)
        return self._shut

    def refuse(self) -> Response | None:
        """503 while it is shut, but for the look."""
        if not self.is_shut() or (request.endpoint or "").startswith("looks."):
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
