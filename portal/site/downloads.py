"""Door 1, the download itself: handed out to the person of the case, freshly signed in, streamed as it is decrypted."""

from flask import Blueprint, Response, abort, redirect, url_for
from flask.typing import ResponseReturnValue

from portal.cases.grants import FILE_NAME, NoSuchDownload, NotSettled, SignInTooOld, open_download
from portal.web.guards import current_session, person_required
from portal.web.transactions import db

bp = Blueprint("downloads", __name__, url_prefix="/requests")


@bp.post("/<number>/download")
@person_required(fresh=True)
def fetch(number: str) -> ResponseReturnValue:
    """Log the download, then stream the file."""
    try:
        download = open_download(db(), current_session(), number)
    except (NoSuchDownload, SignInTooOld):
        abort(404)
    except NotSettled:
        return redirect(url_for("address.show"))
    answer = Response(download.chunks(), mimetype="application/zip")
    answer.content_length = download.size
    answer.headers["Content-Disposition"] = f'attachment; filename="{FILE_NAME}"'
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
