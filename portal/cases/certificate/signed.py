"""The certificate as a signed statement (JWS) that anyone can check without us.

Must never name the person or repeat what a human typed, and never be good for another case than its own.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from portal.cases.erasing.result import ErasureResult, dump_result, plain_result, read_result
from portal.core import signatures
from portal.core.signatures import SignatureRefused

KIND = "certificate"


def certificate_json(result: ErasureResult) -> str:
    """The result as a compact JWS of its company. The digest in it covers the whole case; the same result is the same statement."""
    told = without_notes(result)
    return signatures.sign(result.company, KIND, {"digest": digest_of(told), "result": plain_result(told)})


def digest_of(result: ErasureResult) -> str:
    """What signed and printed certificate have in common: SHA-256 of the result, in hex."""
    return hashlib.sha256(dump_result(without_notes(result)).encode()).hexdigest()


def verify_certificate(token: str, keys: Mapping[str, Any]) -> ErasureResult:
    """What was certified, if `keys` (the company's JWK set) has the key that signed it. Needs no database and no secret.

    Raises `SignatureRefused` for everything else: changed, cut, signed as something else or by somebody else.
    """
    statement = signatures.verify(token, KIND, keys)
    refused = SignatureRefused("This is not a certificate of an erasure, or it was changed.")
    try:
        result = read_result(statement["result"])
    except (KeyError, ValueError, TypeError, AttributeError):
        raise refused from None
    if statement.get("digest") != digest_of(result):
        raise refused
    return result


def without_notes(result: ErasureResult) -> ErasureResult:
    """The result without its sentences for the person: a human may have typed a name into one."""
    return replace(result, systems=tuple(replace(one, note="") for one in result.systems))
