"""Writes a digit as a picture of paper: photo.py IMAGES.gz INDEX PHOTO.png."""

import gzip
import struct
import sys
import zlib

SIDE = 28
ENLARGED = 10

images, index, photo = sys.argv[1], int(sys.argv[2]), sys.argv[3]
start = 16 + index * SIDE * SIDE
pixels = gzip.open(images).read()[start : start + SIDE * SIDE]

# Dark ink on light paper; each row begins with its filter, none.
rows = b""
for y in range(SIDE):
    row = pixels[y * SIDE : (y + 1) * SIDE]
    row = b"".join(bytes([255 - pixel]) * ENLARGED for pixel in row)
    rows += (b"\0" + row) * ENLARGED


def chunk(kind, data):
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


side = SIDE * ENLARGED
header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
with open(photo, "wb") as file:
    file.write(b"\x89PNG\r\n\x1a\n")
    file.write(chunk(b"IHDR", header))
    file.write(chunk(b"IDAT", zlib.compress(rows)))
    file.write(chunk(b"IEND", b""))
