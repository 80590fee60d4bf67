"""A file that staff take out of the console as CSV. Must never hold a cell that a spreadsheet would run; who calls writes the audit entry."""

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

from portal.cases.bundle.cells import safe


def csv_file(name: str, rows: Iterable[Sequence[str]]) -> Response:
    """The rows, the names of the columns first, to be kept under that name (ASCII, ours)."""
    file = io.StringIO()
    csv.writer(file).writerows([safe(cell) for cell in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(file.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)
