"""Everything the ledger holds, for a company that leaves. Must never run past the moment in which its key is revoked."""

from collections.abc import Iterator
from typing import Literal

from flask import Response, stream_with_context

from portal.accounts.api_keys import is_live
from portal.api.guards import current_key
from portal.api.operations import Part
from portal.api.paging import Query, read_query
from portal.api.streams import NDJSON
from portal.consent.leaving import as_lines, as_table, pages
from portal.web.context import current_company, database

part = Part("exports", "Take everything with you")

CSV = "text/csv"


class ExportQuery(Query):
    """Which form: one JSON object a line, or a table."""

    format: Literal["ndjson", "csv"] = "ndjson"


@part.operation(
    "GET",
    "/consents/export",
    scope="consents:read",
    summary="Export every event of the ledger",
    gives=(NDJSON, CSV),
    query=ExportQuery,
)
def export_consents() -> Response:
    """Every act of every person with the identifiers they are known by, in order, streamed. Of someone who was erased the line is there
    and `event` is null. A stream that ends with a line `{"complete": true}` (CSV: a row `complete`) was not cut off.
    """
    query = read_query(ExportQuery)
    company_id, key_id, files = current_company().id, current_key().id, database()

    def stream() -> Iterator[bytes]:
        head = True
        for found in pages(lambda: files.reading(company_id)):
            with files.reading(company_id) as session:
                if not is_live(session, key_id):
                    return
            yield as_lines(found) if query.format == "ndjson" else as_table(found, head=head)
            head = False
        if query.format == "csv" and head:
            yield as_table([], head=True)
        yield b'{"complete":true}\n' if query.format == "ndjson" else b"complete\r\n"

    return Response(stream_with_context(stream()), content_type=NDJSON if query.format == "ndjson" else f"{CSV}; charset=utf-8")
