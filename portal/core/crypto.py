"""Keys, ciphertexts, keyed hashes, tokens. Every secret of the product is made and used here, and nowhere else.

Must never sign or encrypt with any but the newest key, and never start while a key that is still used is missing.
"""

import base64
import hashlib
import hmac
import json
import secrets
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.core.crypto_links import LinkRing, dump_links, parse_links
from portal.core.errors import PortalError

if TYPE_CHECKING:
    from itsdangerous import URLSafeTimedSerializer

KINDS = ("data", "hash", "sign")
NONCE_BYTES = 12


class KeysAreBroken(PortalError):
    """The key file is missing, unreadable, or lacks a key that rows still use."""


class CannotDecrypt(PortalError):
    """The ciphertext was changed, belongs to another place, or its key is gone."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Per kind, the keys by id in order of age: the last one is the newest and the only one that makes anything.

    `links` holds each company's own keys of links in mails.
    """

    keys: Mapping[str, Mapping[str, bytes]]
    links: LinkRing = field(default_factory=dict)

    def newest(self, kind: str) -> tuple[str, bytes]:
        """Id and key that new values are made with."""
        return list(self.keys[kind].items())[-1]

    def by_id(self, kind: str, key_id: str) -> bytes:
        """The key of that id. Raises `KeysAreBroken` where the ring has none."""
        try:
            return self.keys[kind][key_id]
        except KeyError:
            raise KeysAreBroken(f"The key {kind}/{key_id} is still used but is not in the key file. Put it back.") from None

    def ids(self, kind: str) -> list[str]:
        """All key ids of a kind, oldest first."""
        return list(self.keys[kind])

    def with_new_key(self, kind: str) -> "KeyRing":
        """The same ring with one more, newest key of that kind."""
        ring = dict(self.keys[kind])
        number = 1 + max(int(key_id[1:]) for key_id in ring) if ring else 1
        ring[f"{kind[0]}{number}"] = secrets.token_bytes(32)
        return replace(self, keys={**self.keys, kind: ring})

    def without_key(self, kind: str, key_id: str) -> "KeyRing":
        """The same ring without one key; the caller has made sure that nothing uses it."""
        return replace(self, keys={**self.keys, kind: {i: k for i, k in self.keys[kind].items() if i != key_id}})

    def dump(self) -> str:
        """The ring as the text of a key file."""
        plain = {kind: {i: base64.b64encode(k).decode() for i, k in ring.items()} for kind, ring in self.keys.items()}
        return json.dumps({**plain, **({"links": dump_links(self.links)} if self.links else {})}, indent=2) + "\n"


def new_key_ring() -> KeyRing:
    """A fresh ring with one key of each kind."""
    ring = KeyRing({kind: {} for kind in KINDS})
    for kind in KINDS:
        ring = ring.with_new_key(kind)
    return ring


def parse_key_ring(text: str | bytes) -> KeyRing:
    """Read the text of a key file. Raises `KeysAreBroken` with what to do."""
    try:
        plain = json.loads(text)
        keys = {kind: {i: base64.b64decode(k, validate=True) for i, k in plain[kind].items()} for kind in KINDS}
        links = parse_links(plain.get("links", {}))
        complete = all(ring and all(len(key) == 32 for key in ring.values()) for ring in keys.values())
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        complete = False
    if not complete:
        raise KeysAreBroken("The key file is not one that `portal keys new` wrote. Restore it from your backup of the keys.")
    return KeyRing(keys, links)


def write_key_file(path: Path, ring: KeyRing) -> None:
    """Write the ring so that only its owner can read it; the old file stays until the new one is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(ring.dump())
    fresh.replace(path)


LOOK_AGAIN_SECONDS = 1.0
"""How soon every process sees a rotated key file; `portal keys rotate` waits longer before it uses the new key."""

_ring: KeyRing | None = None
_file: Path | None = None
_file_seen = 0
_next_look = 0.0


def use_keys(ring: KeyRing, file: Path | None = None) -> None:
    """Set the ring of this process. With `file`, follow it: after a rotation nobody has to be restarted."""
    global _ring, _file, _file_seen, _next_look
    _ring, _file, _file_seen, _next_look = ring, file, file.stat().st_mtime_ns if file else 0, 0.0


def keys() -> KeyRing:
    """The ring of this process."""
    if _ring is None:
        raise KeysAreBroken("No keys are loaded. Start through `portal`, or call `use_keys` first.")
    if _file is not None and time.monotonic() >= _next_look:
        _follow(_file)
    return _ring


def _follow(file: Path) -> None:
    global _ring, _file_seen, _next_look
    _next_look = time.monotonic() + LOOK_AGAIN_SECONDS
    try:
        seen = file.stat().st_mtime_ns
        if seen != _file_seen:
            _ring, _file_seen = parse_key_ring(file.read_bytes()), seen
    except (OSError, KeysAreBroken):
        # The file is being replaced or was moved away: what is loaded still works, and the next start will say so.
        return


def encrypt(plain: bytes, context: str) -> bytes:
    """AES-256-GCM under the newest data key. `context` says where the value lives and has to be the same to decrypt.

    Shape: length of the key id (1 byte), key id, nonce (12 bytes), ciphertext with tag.
    """
    key_id, key = keys().newest("data")
    nonce = secrets.token_bytes(NONCE_BYTES)
    name = key_id.encode()
    return bytes([len(name)]) + name + nonce + _ready(key).encrypt(nonce, plain, context.encode())


@lru_cache(maxsize=16)
def _ready(key: bytes) -> AESGCM:
    """A data key of the ring made ready once: that takes longer than what is done with it."""
    return AESGCM(key)


def encrypter(context: str) -> Callable[[bytes], bytes]:
    """`encrypt` of one context, made ready for many."""
    key_id, key = keys().newest("data")
    name, aead, bound = key_id.encode(), AESGCM(key), context.encode()
    before, nonces = bytes([len(name)]) + name, random_nonces()

    def sealed(plain: bytes) -> bytes:
        nonce = next(nonces)
        return before + nonce + aead.encrypt(nonce, plain, bound)

    return sealed


def decrypt(sealed: bytes, context: str) -> bytes:
    """The plain bytes. Raises `CannotDecrypt` where anything was changed, moved or cut."""
    key_id = key_id_of(sealed)
    rest = sealed[1 + len(key_id.encode()) :]
    try:
        return _ready(keys().by_id("data", key_id)).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], context.encode())
    except (InvalidTag, ValueError):
        raise CannotDecrypt(f"A value of {context} cannot be decrypted.") from None


def decrypter(context: str) -> Callable[[bytes], bytes]:
    """`decrypt` of one context, made ready for many."""
    ready: dict[bytes, AESGCM] = {}
    bound = context.encode()

    def opened(sealed: bytes) -> bytes:
        start = 1 + sealed[0] if sealed else 0
        aead = ready.get(sealed[:start])
        if aead is None:
            aead = ready[sealed[:start]] = AESGCM(keys().by_id("data", key_id_of(sealed)))
        try:
            return aead.decrypt(sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :], bound)
        except (InvalidTag, ValueError):
            raise CannotDecrypt(f"A value of {context} cannot be decrypted.") from None

    return opened


def key_id_of(sealed: bytes) -> str:
    """Which data key a ciphertext was made with."""
    try:
        return sealed[1 : 1 + sealed[0]].decode("ascii")
    except (IndexError, UnicodeDecodeError):
        raise CannotDecrypt("A stored value is not a ciphertext of ours.") from None


def new_key() -> bytes:
    """A random 256-bit key that belongs to one person or thing. Kept only as `encrypt(key, place)`: lost, what it sealed is erased."""
    return secrets.token_bytes(32)


def encrypt_under(key: bytes, plain: bytes, context: str) -> bytes:
    """AES-256-GCM under a key of `new_key`. Shape: nonce (12 bytes), ciphertext with tag."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, context.encode())


def decrypt_under(key: bytes, sealed: bytes, context: str) -> bytes:
    """The plain bytes. Raises `CannotDecrypt` where anything was changed, moved or cut."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())
    except (InvalidTag, ValueError):
        raise CannotDecrypt(f"A value of {context.partition(':')[0]} cannot be decrypted.") from None


Opener = Callable[[bytes, str], bytes]
"""Opens what `encrypt_under` sealed under one key."""


def opener(key: bytes) -> Opener:
    """One key made ready for many `decrypt_under`."""
    aead = AESGCM(key)

    def opened(sealed: bytes, context: str) -> bytes:
        try:
            return aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())
        except (InvalidTag, ValueError):
            raise CannotDecrypt(f"A value of {context.partition(':')[0]} cannot be decrypted.") from None

    return opened


def identifier_hash(company: str, kind: str, value: str, key_id: str | None = None) -> bytes:
    """Keyed hash (HMAC-SHA-256) of an identifier in normal form: different in every company, useless without the key."""
    key = keys().by_id("hash", key_id) if key_id else keys().newest("hash")[1]
    return hmac.digest(key, "\x1f".join((company, kind, value)).encode(), hashlib.sha256)


def identifier_hasher(company: str, key_id: str) -> Callable[[str, str], bytes]:
    """`identifier_hash` of one company under one key, made ready for many."""
    key, before = keys().by_id("hash", key_id), f"{company}\x1f"

    def hashed(kind: str, value: str) -> bytes:
        return hmac.digest(key, f"{before}{kind}\x1f{value}".encode(), "sha256")

    return hashed


def identifier_hashes(company: str, kind: str, key_id: str) -> Callable[[bytes], bytes]:
    """`identifier_hash` of one company and kind under one key, of values as UTF-8: for millions.

    HMAC (RFC 2104) with the two blocks that stand for the key hashed beforehand.
    """
    key = keys().by_id("hash", key_id).ljust(hashlib.sha256().block_size, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + f"{company}\x1f{kind}\x1f".encode())
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key))

    def hashed(value: bytes) -> bytes:
        one, whole = inner.copy(), outer.copy()
        one.update(value)
        whole.update(one.digest())
        return whole.digest()

    return hashed


def keyed_hash(purpose: str, value: str) -> bytes:
    """Keyed hash for short secrets (codes) and counters, under the newest hash key."""
    return hmac.digest(keys().newest("hash")[1], f"{purpose}\x1f{value}".encode(), hashlib.sha256)


def secret_for(purpose: str) -> str:
    """A secret for a library that signs by itself, derived from the newest signing key: the same in every process."""
    return hmac.digest(keys().newest("sign")[1], f"secret\x1f{purpose}".encode(), hashlib.sha256).hex()


def random_nonce() -> bytes:
    """96 random bits for one use of AES-GCM."""
    return secrets.token_bytes(NONCE_BYTES)


def draw_nonces(count: int) -> list[bytes]:
    """So many of them at once."""
    return list(struct.unpack(f"{NONCE_BYTES}s" * count, secrets.token_bytes(NONCE_BYTES * count)))


def random_nonces() -> Iterator[bytes]:
    """Such nonces without end, drawn many at a time: for a million of them."""
    while True:
        yield from draw_nonces(4096)


def random_token() -> str:
    """256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Of what is read out on the phone: none that is taken for another."""


def random_public_id() -> str:
    """A number to read out on the phone that cannot be counted or guessed on: `7KQ2-M9XD-4TBR` (about 59 bits)."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))


def random_public_ids() -> Iterator[str]:
    """Such numbers without end, drawn many at a time."""
    fair = len(LETTERS) * (256 // len(LETTERS))
    letters = bytes(ord(LETTERS[byte % len(LETTERS)]) if byte < fair else 0 for byte in range(256))
    while True:
        # A byte past the last whole round of letters would make the first ones more likely: it is left out.
        drawn = secrets.token_bytes(12 * 1024).translate(letters).replace(b"\0", b"").decode()
        for start in range(0, len(drawn) - 11, 12):
            yield f"{drawn[start : start + 4]}-{drawn[start + 4 : start + 8]}-{drawn[start + 8 : start + 12]}"


def random_digits(count: int) -> str:
    """`count` random decimal digits."""
    return "".join(secrets.choice("0123456789") for _ in range(count))


def token_hash(purpose: str, token: str) -> bytes:
    """SHA-256 of a random token together with what it is for: a token of one purpose is unknown to every other."""
    return hashlib.sha256(f"{purpose}\x1f{token}".encode()).digest()


def same(one: bytes, other: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one, other)


_generation = ""


def use_generation(generation: str) -> None:
    """What signed values are bound to from now on: another one after a backup was restored, so that none of before is good any more."""
    global _generation
    _generation = generation


def signer(purpose: str) -> "URLSafeTimedSerializer":
    """Signs small values that hold no personal data; one salt a purpose and generation, newest key signs, all keys verify."""
    # Commands of a moment, such as minting, sign nothing and do not wait for it.
    from itsdangerous import URLSafeTimedSerializer

    ring = keys().keys["sign"]
    # itsdangerous signs with the last of the list and verifies with all (CVE-2025-47278 was this order reversed).
    return URLSafeTimedSerializer(
        list(ring.values()), salt=f"portal.{purpose}{_generation}", signer_kwargs={"digest_method": hashlib.sha256}
    )
