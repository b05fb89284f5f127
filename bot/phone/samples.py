"""Small real files for the attach menu of the pretend phone, made here so that none has to lie in the repository."""

from __future__ import annotations

import base64
import struct
import zlib
from functools import cache

STICKER = base64.b64decode(
    "UklGRhQBAABXRUJQVlA4TAgBAAAvX8AXEAbHAdy2zTref49MVUXgXF/Aef7HqP+O3LaRJNtCd8+aU235QR40v/5t7meRH+3MkDvy"
    "TTU235FvqrUHduqwGku0wFOfdcBTrzXAU7/nwFOG+ZoBTznmax1Q+FoFFb6EbLxtqUmmjU8baqqYdrEmbaa0s5p2KjXtQk3z3Au1"
    "7q8tZmfyjhsiOcc9lYzjtkhOP8QKk+svVTbeslSlW5eO1Vq10XFm61JN5pqhvJiu2jCIofbhtkaeyndNBrXiTZMn/VWKFM3qcd2c"
    "gxUMSaU3rnMt3Y3xYE7zwr4PFnd/7prgSfAkeBI8CZ7EAr1vhe+70fuG9L4nvW9L7zvD++bsvv9j4AA="
)
"""A yellow face, WebP."""
VIDEO = struct.pack(">I", 24) + b"ftypisom" + struct.pack(">I", 512) + b"isommp42" + struct.pack(">I", 8) + b"mdat"
"""The frame of an MP4 film that shows nothing."""


@cache
def image() -> bytes:
    """PNG: an evening sky, 240 by 150 points."""
    width, height = 240, 150

    def row(y: int) -> bytes:
        share = y / height
        return b"\x00" + bytes([int(40 + 200 * share), int(70 + 90 * share), int(120 + 20 * share)]) * width

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    points = zlib.compress(b"".join(row(y) for y in range(height)), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", points) + chunk(b"IEND", b"")


@cache
def pdf() -> bytes:
    """One page that says in English that it is invented."""
    words = b"BT /F1 20 Tf 72 720 Td (An invented document of the pretend phone) Tj ET"
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(words), words),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    made, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(parts) + 1
    tail = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(made))
    return made + b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table) + tail


@cache
def voice() -> bytes:
    """One second of silence, Opus in Ogg."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 48000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 0) + struct.pack("<I", 0)
    silence = [b"\xf8\xff\xfe"] * 50
    return _page(0, 2, 0, [head]) + _page(1, 0, 0, [tags]) + _page(2, 4, 48000, silence)


def _page(number: int, flags: int, position: int, packets: list[bytes]) -> bytes:
    sizes = bytes(len(packet) for packet in packets)  # none reaches 255
    head = b"OggS" + struct.pack("<BBqII", 0, flags, position, 1, number)
    body = bytes([len(sizes)]) + sizes + b"".join(packets)
    return head + struct.pack("<I", _checksum(head + bytes(4) + body)) + body


def _checksum(content: bytes) -> int:
    """Ogg's own: the usual polynomial, unreflected, nothing inverted."""
    value = 0
    for byte in content:
        value ^= byte << 24
        for _ in range(8):
            value = ((value << 1) ^ 0x04C11DB7) & 0xFFFFFFFF if value & 0x80000000 else value << 1
    return value
