"""The same request sent twice is done once: the answer of the first is given again (A7).

Must never answer for another key, route or body, and never run while the first is still running.
"""

import hashlib
from collections.abc import Callable

from flask import Response, request
from pydantic import BaseModel
from sqlalchemy import select

from portal.accounts.model import ApiAnswerRow
from portal.api.guards import current_key
from portal.api.problems import Problem
from portal.core import clock, crypto
from portal.core.db import company_of
from portal.core.inserting import insert_for
from portal.web.transactions import db

LONGEST = 200


def once(route: str, body: BaseModel | None, run: Callable[[], Response]) -> Response:
    """Do it, or give what was answered before to the same `Idempotency-Key` with the same body. Raises `Problem`.

    The mark, the act and the answer are one transaction: of two at once the second waits, then gets the first's answer.
    """
    name = request.headers.get("Idempotency-Key")
    if name is None:
        return run()
    if not 1 <= len(name) <= LONGEST or not name.isascii() or not name.isprintable():
        raise Problem(
            "invalid", errors=[{"pointer": "", "detail": f"Idempotency-Key: 1 to {LONGEST} printable ASCII characters."}]
        )
    session = db()
    key_hash = crypto.token_hash(f"idempotency:{current_key().id}:{route}", name)
    digest = hashlib.sha256(body.model_dump_json().encode() if body else b"").digest()
    mark = (
        insert_for(session, ApiAnswerRow)
        .values(
            company_id=company_of(session),
            key_hash=key_hash,
            api_key_id=current_key().id,
            body_digest=digest,
            created_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(ApiAnswerRow.id)
    )
    fresh = session.execute(mark).scalar_one_or_none()
    if fresh is None:
        known = session.scalars(select(ApiAnswerRow).where(ApiAnswerRow.key_hash == key_hash)).one()
        if not crypto.same(known.body_digest, digest):
            raise Problem("idempotency-conflict")
        return Response(
            known.answer or "", known.status or 204, content_type="application/json", headers={"Idempotency-Replayed": "true"}
        )
    response = run()
    row = session.get_one(ApiAnswerRow, fresh)
    row.status, row.answer = response.status_code, response.get_data(as_text=True)
    return response
