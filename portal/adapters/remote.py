"""One call to a system on the web: one deadline by the clock on the wall, a cap on what comes back, one place it may come from.

Must never follow a redirect or leave the configured base address, whatever an answer says, and never trust a read timeout:
a remote that drips a byte a second never runs into one (abuse rows D7, D8, D9).
"""

import ssl
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urljoin, urlsplit

import httpcore
import httpx

from portal.adapters.contract import AdapterError, TryLater
from portal.core.deadline import DeadlineTransport
from portal.core.errors import fingerprint

BUSY = (408, 425, 429, 500, 502, 503, 504)
LONGEST_WAIT = 3600.0
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a call may cost: seconds in all, and decoded bytes."""

    seconds: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Sent:
    """What came back of a request that changes something: `after` seconds from now is the earliest sensible next question."""

    status: int
    body: bytes = field(repr=False)
    media: str
    after: float


class Remote:
    """A base address with its secret. Safe to use from several threads at once."""

    def __init__(self, base_url: str, bearer: str, context: ssl.SSLContext) -> None:
        self._base = base_url.rstrip("/") + "/"
        self._transport = DeadlineTransport(context)
        # No environment: a proxy or a .netrc set for something else must not see what is asked here.
        self._client = httpx.Client(
            trust_env=False,
            follow_redirects=False,
            transport=self._transport,
            # Nothing that can explode is asked for; what comes compressed all the same is refused.
            headers={"Authorization": f"Bearer {bearer}", "Accept-Encoding": "identity"},
        )

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def resolve(self, link: str) -> str:
        """The address of a path, or of a link that an answer named. Raises `AdapterError` unless it lies under the base address."""
        target = urljoin(self._base, link)
        if not is_under(target, self._base):
            raise AdapterError("The answer names an address outside of the configured one; it was not followed.")
        return target

    def stream(self, method: str, path: str, limits: Limits, *, json: object = None, media: str) -> Iterator[bytes]:
        """Call and stream the body of an answer of the media type `media`. Raises `TryLater` or `AdapterError`.

        The deadline holds until the body is read to its end, whatever the reader does meanwhile.
        """
        failure: TryLater | AdapterError
        try:
            with (
                self._transport.until(time.monotonic() + limits.seconds),
                self._client.stream(
                    method, self.resolve(path), json=json, headers={"Accept": media}, timeout=limits.seconds
                ) as response,
            ):
                refuse_status(response)
                refuse_media(response.headers, media)
                yield from _capped(response, limits)
                return
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            failure = TryLater(f"The system does not answer in time, or breaks off ({fingerprint(error)}).")
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
            failure = AdapterError(f"The system answers in a way that cannot be read ({fingerprint(error)}).")
        # Raised outside of the handler: the library's exception holds the request, and that holds identifiers.
        raise failure

    def send(
        self, method: str, path: str, limits: Limits, *, json: object, headers: Mapping[str, str], good: Collection[int]
    ) -> Sent:
        """Ask for something to be done; any status but those of `good` is an error. Raises `TryLater` or `AdapterError`."""
        failure: TryLater | AdapterError
        try:
            with (
                self._transport.until(time.monotonic() + limits.seconds),
                self._client.stream(
                    method, self.resolve(path), json=json, headers={"Accept": JSON, **headers}, timeout=limits.seconds
                ) as response,
            ):
                if response.status_code not in good:
                    refuse_status(response)
                refuse_compressed(response.headers)
                body = b"".join(_capped(response, limits))
                return Sent(response.status_code, body, media_of(response.headers), retry_after(response.headers))
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            failure = TryLater(f"The system does not answer in time, or breaks off ({fingerprint(error)}).")
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
            failure = AdapterError(f"The system answers in a way that cannot be read ({fingerprint(error)}).")
        # Raised outside of the handler: the library's exception holds the request, and that holds identifiers.
        raise failure


def is_under(target: str, base: str) -> bool:
    """Whether an address has the scheme, host and port of the base address and lies below its path, as it will be sent."""
    try:
        one, other = urlsplit(target), urlsplit(base)
        same = (one.scheme, one.hostname, one.port or _port(one.scheme)) == (
            other.scheme,
            other.hostname,
            other.port or _port(other.scheme),
        )
    except ValueError:
        return False
    path = unquote(one.path)
    plain = ".." not in path.split("/") and "\\" not in target and "%2f" not in target.lower() and one.username is None
    return same and plain and one.path.startswith(other.path)


def refuse_status(response: httpx.Response) -> None:
    """Raise for every answer but 200. A body of an error is not read: it may repeat what was asked."""
    if response.status_code == 200:
        return
    if response.status_code in BUSY:
        raise TryLater(f"The system is busy (answer {response.status_code}).", after=retry_after(response.headers))
    if response.is_redirect:
        raise AdapterError("The system sends us elsewhere; it was not followed. Configure the address where it really is.")
    if response.status_code in (401, 403):
        raise AdapterError(f"The system refuses our secret (answer {response.status_code}). Renew it.")
    raise AdapterError(f"The system refuses the call (answer {response.status_code}).")


def refuse_media(headers: Mapping[str, str], media: str) -> None:
    """Raise unless the answer is what was asked for, and not compressed."""
    if media_of(headers) != media:
        raise AdapterError(f"The system answers with something else than {media}.")
    refuse_compressed(headers)


def media_of(headers: Mapping[str, str]) -> str:
    """The media type that an answer gives itself, without what follows it."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def refuse_compressed(headers: Mapping[str, str]) -> None:
    """Raise for what would have to be unpacked."""
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise AdapterError("The system sends compressed data, which was not asked for.")


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds to wait, as the answer says; a minute where it says nothing sensible, never over an hour."""
    text = headers.get("retry-after", "")
    return min(float(text), LONGEST_WAIT) if text.isascii() and text.isdigit() else 60.0


def _capped(response: httpx.Response, limits: Limits) -> Iterator[bytes]:
    size = 0
    for chunk in response.iter_raw(65536):
        size += len(chunk)
        if size > limits.bytes:
            raise AdapterError(f"The answer is larger than {limits.bytes} bytes.")
        yield chunk


def _port(scheme: str) -> int | None:
    return {"http": 80, "https": 443}.get(scheme)
