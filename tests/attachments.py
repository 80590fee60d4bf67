"""Files as people send them, each as small as its kind can be, and some that are not what they seem."""

import io
import struct
import zlib


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


PDF = (
    b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\nxref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1>>\nstartxref\n45\n%%EOF\n"
)
PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\0\0"))
    + _chunk(b"IEND", b"")
)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\xff\xd9"
TEXT = "Grüße aus Bergen: فاتورة <3\r\nline two\t& more\n".encode()
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><html><body onload=alert(1)>"

TAKEN = [
    ("letter.pdf", PDF, "pdf"),
    ("Picture.PNG", PNG, "png"),
    ("photo.jpg", JPEG, "jpeg"),
    ("photo.jpeg", JPEG, "jpeg"),
    ("note.txt", TEXT, "text"),
    ("without an ending", PDF, "pdf"),
    ("Invoice 3.2026", PDF, "pdf"),
    ("bom.txt", b"\xef\xbb\xbf" + TEXT, "text"),
]
REFUSED = [
    ("picture.svg", SVG),
    ("picture.png", SVG),
    ("letter.txt", b"\xef\xbb\xbf \n" + SVG),
    ("page.html", HTML),
    ("letter.txt", HTML),
    ("letter.pdf", HTML),
    ("letter.txt", b"harmless\n" * 500 + b"<ScRiPt src=x>"),
    ("letter.txt", b'<?xml version="1.0"?><a/>'),
    ("page.html", TEXT),
    ("photo.jpg", PNG),
    ("photo.png", PDF),
    ("letter.pdf", JPEG),
    ("letter.pdf", TEXT),
    ("program.exe", b"MZ\x90\x00\x03" + b"\0" * 100),
    ("letter.pdf", b"MZ\x90\x00\x03" + b"\0" * 100),
    ("letter.docx", b"PK\x03\x04\x14\x00\x06\x00"),
    ("letter.txt", b"#!/bin/sh\nrm -rf /\n"),
    ("letter.txt", b"{\\rtf1 x}"),
    ("letter.txt", b"%!PS-Adobe-3.0\n"),
    ("letter.txt", "Grüße".encode("utf-16")),
    ("letter.txt", "Grüße".encode("latin-1")),
    ("letter.txt", b"a\x00b"),
    ("half.pdf", PDF[:60]),
    ("half.png", PNG[:-12]),
    ("half.jpg", JPEG[:-2]),
    ("both.png", PNG + HTML),
    ("both.pdf", b"%PDF-1.7\n<script>alert(1)</script>\n" + PDF),
    ("letter.pdf.html", PDF),
    ("letter.pdf", b" " + PDF),
]


def sent(*files: tuple[str, bytes]) -> list[tuple[io.BytesIO, str]]:
    """Files as a form field of the test's browser sends them."""
    return [(io.BytesIO(content), name) for name, content in files]
