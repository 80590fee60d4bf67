"""A transport for httpx on which nothing lasts longer than one moment by the clock on the wall: connect, TLS, headers, body.

Must never leave a read to its own timeout, which begins anew with every byte that drips in (abuse row D8).
"""

import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx


class DeadlineTransport(httpx.BaseTransport):
    """Plain HTTP/1.1 over pooled connections; every wait ends at the deadline of the calling thread.

    `network` decides where a host name leads (none: where the machine says).
    """

    def __init__(self, context: ssl.SSLContext, network: httpcore.NetworkBackend | None = None) -> None:
        self._deadline = _Deadline()
        backend = _Backend(self._deadline, network or httpcore.SyncBackend())
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, max_connections=10, keepalive_expiry=5.0, network_backend=backend
        )

    @contextmanager
    def until(self, moment: float) -> Iterator[None]:
        """Everything that this thread does inside ends at `moment` (of `time.monotonic`)."""
        before = self._deadline.moment
        self._deadline.moment = moment
        try:
            yield
        finally:
            self._deadline.moment = before

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; what goes wrong is an `httpcore` exception."""
        assert isinstance(request.stream, httpx.SyncByteStream)  # noqa: S101  # the client is a synchronous one
        answer = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(
                    scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    def close(self) -> None:
        """Let go of connections."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class _Deadline(threading.local):
    moment: float | None = None

    def left(self, timeout: float | None) -> float | None:
        if self.moment is None:
            return timeout
        left = self.moment - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if timeout is None else min(left, timeout)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, deadline: _Deadline, inner: httpcore.NetworkBackend) -> None:
        self._deadline = deadline
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        return _Stream(self._inner.connect_tcp(host, port, left, local_address, socket_options), self._deadline)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
