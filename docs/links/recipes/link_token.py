"""Make a link token of the privacy portal. Needs Python 3.9 and `cryptography`. Take this file and change nothing in it."""

import base64
import os
import re
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SCOPES = {"preferences": 1, "stop": 2}
KINDS = {"email": 1, "phone": 2, "customer_number": 3}
ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = r"(?!(?!xn)..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@){ATOM}(?:\.{ATOM})*@(?:{LABEL}\.)+(?=[^.]*[a-z]$){LABEL}")
NO_MAIL = re.compile(r"[@.](?:arpa|invalid|local|localhost|onion|test)$")


def link_token(
    company,
    key_number,
    key,
    identifier,
    *,
    issued,
    expires,
    choice="",
    campaign="",
    kind="email",
    scope="preferences",
    nonce=None,
):
    """`key` is 32 bytes; `issued` and `expires` are whole seconds since 1970. `nonce` is for test vectors only: never give one."""
    if kind == "email":
        identifier = identifier.strip(" \t\r\n")
        lower = identifier.lower() if identifier.isascii() else ""
        if len(lower) > 254 or not ADDRESS.fullmatch(lower) or NO_MAIL.search(lower):
            raise ValueError("no plain address: write the domain as xn--")
        identifier = lower
    fields = [text.encode() for text in (choice, campaign, identifier)]
    if max(map(len, fields)) > 255 or not fields[2]:
        raise ValueError("too long, or nobody")
    plain = struct.pack(">BIIB", SCOPES[scope], issued, expires, KINDS[kind])
    plain += bytes([len(fields[0])]) + fields[0] + bytes([len(fields[1])]) + fields[1] + fields[2]
    nonce = nonce or os.urandom(12)
    sealed = AESGCM(key).encrypt(nonce, plain, f"portal-link/1/{company}/{key_number}".encode())
    return base64.urlsafe_b64encode(struct.pack(">BH", 1, key_number) + nonce + sealed).rstrip(b"=").decode()
