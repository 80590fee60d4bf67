"""A passkey in software, so that each thing that may be wrong with an answer can be made wrong, one at a time."""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 1, 4, 64


def text(value: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def octets(value: str) -> bytes:
    """What `text` wrote."""
    return urlsafe_b64decode(value + "=" * (-len(value) % 4))


@dataclass
class Authenticator:
    """One key at one origin. `flags` may leave out that its user was verified."""

    origin: str
    host: str
    flags: int = PRESENT | VERIFIED
    credential_id: bytes = field(default_factory=lambda: hashlib.sha256(str(id(object())).encode()).digest())
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    count: int = 0

    def makes(self, options: dict[str, object], **changed: object) -> str:
        """The answer to what `navigator.credentials.create` was asked."""
        numbers = self.key.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cose
        data = self._data(ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        said = self._said("webauthn.create", options, **changed)
        return self._answer({"clientDataJSON": text(said), "attestationObject": text(attestation)})

    def shows(self, options: dict[str, object], **changed: object) -> str:
        """The answer to what `navigator.credentials.get` was asked."""
        self.count += 1
        said, data = self._said("webauthn.get", options, **changed), self._data(0)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer({"clientDataJSON": text(said), "authenticatorData": text(data), "signature": text(signature)})

    def _said(self, kind: str, options: dict[str, object], **changed: object) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False, **changed}
        return json.dumps(said).encode()

    def _data(self, more: int) -> bytes:
        host = hashlib.sha256(self.host.encode()).digest()
        return host + bytes([self.flags | more]) + self.count.to_bytes(4, "big")

    def _answer(self, response: dict[str, str]) -> str:
        name = text(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}})
