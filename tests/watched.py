"""Every statement that is run, those by the driver alone among them: for tests that compare what was asked of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from portal.core.fixed import Fixed


@contextmanager
def statements_on(target: Any) -> Iterator[list[str]]:
    """The statements on an engine or a connection, in their order, without their values."""
    told: list[str] = []
    by_driver = Fixed._by_driver

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        told.append(statement)

    def run(self: Fixed, driver: Any, values: Any) -> list[Any]:
        told.append(str(self._statement))
        return by_driver(self, driver, values)

    event.listen(target, "before_cursor_execute", note)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Fixed, "_by_driver", run)
            yield told
    finally:
        event.remove(target, "before_cursor_execute", note)
