"""Writes PNGs, EXIF data and zip archives from nothing: what is in them is known without the code under test."""
import random
import struct
import zlib

# ---------------------------------------------------------------- PNG

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
DEPTHS = {GREY: (1, 2, 4, 8, 16), RGB: (8, 16), PALETTE: (1, 2, 4, 8), GREY_ALPHA: (8, 16), RGBA: (8, 16)}
SIGNATURE = b"\x89PNG\r\n\x1a\n"
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(kind, data, crc=0):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) ^ crc)


def header(width, height, depth, kind, interlaced=0):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced))


def pack_row(pixels, depth):
    """A row of pixels, tuples of samples, behind its filter byte (0: none)."""
    samples = [s for p in pixels for s in p]
    if depth == 16:
        return b"\0" + b"".join(struct.pack(">H", s) for s in samples)
    bits = "".join(format(s, "0%db" % depth) for s in samples)
    bits += "0" * (-len(bits) % 8)
    return b"\0" + bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


def pack(rows, depth, interlaced):
    if not interlaced:
        return b"".join(pack_row(r, depth) for r in rows)
    data = b""
    for x, y, dx, dy in ADAM7:
        for row in rows[y::dy]:
            data += pack_row(row[x::dx], depth) if row[x::dx] else b""
    return data


def png(rows, kind=RGB, depth=8, interlaced=0, before=b"", after=b""):
    """rows: of pixels, tuples of samples; before, after: chunks around the pixels."""
    data = zlib.compress(pack(rows, depth, interlaced))
    return (SIGNATURE + header(len(rows[0]), len(rows), depth, kind, interlaced) + before + chunk(b"IDAT", data) + after
            + chunk(b"IEND", b""))


def noise(width, height, kind=RGB, depth=8, seed=0, most=None):
    dice = random.Random(seed)
    most = most if most is not None else (1 << depth) - 1
    return [[tuple(dice.randint(0, most) for _ in range(CHANNELS[kind])) for _ in range(width)] for _ in range(height)]


def claim(kind, before=b"", length=0x7E000003):
    """A PNG that ends after a chunk's first bytes, which claims as many."""
    return SIGNATURE + header(8, 8, 8, RGB) + before + struct.pack(">I", length) + kind + b"abcdefghijklmnop"


# ---------------------------------------------------------------- EXIF

def exif(orientation, order="<", kind=3, count=1, others=True, gap=0, tag=0x0112, entries=None):
    """A TIFF file whose first directory has the orientation."""
    tiff = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8 + gap) + b"\xaa" * gap
    value = {1: struct.pack("B3x", orientation), 3: struct.pack(order + "HH", orientation, 0xaaaa),
             4: struct.pack(order + "I", orientation)}.get(kind, bytes(4))
    fields = [struct.pack(order + "HHI", tag, kind, count) + value]
    if others:
        fields.insert(0, struct.pack(order + "HHII", 0x010f, 2, 20, 200))
        fields.append(struct.pack(order + "HHII", 0x8769, 4, 1, 9))
    return tiff + struct.pack(order + "H", len(fields) if entries is None else entries) + b"".join(fields) + bytes(4)


def app1(data):
    return b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data


def with_segments(jpeg, *segments):
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


# ---------------------------------------------------------------- zip

class Entry:
    """name, data, and: deflated; descriptor: sizes follow the data; zip64: in the extra field; mode: Unix's."""

    def __init__(self, name, data=b"", deflated=False, descriptor=False, zip64=False, mode=0o100644, host=3):
        self.name = name if isinstance(name, bytes) else name.encode()
        self.data, self.descriptor, self.zip64, self.mode, self.host = data, descriptor, zip64, mode, host
        self.method = 8 if deflated else 0
        self.crc = zlib.crc32(data)
        self.packed = zlib.compress(data)[2:-4] if deflated else data

    def local(self):
        known = (0, 0, 0) if self.descriptor else (self.crc, len(self.packed), len(self.data))
        record = struct.pack("<4sHHHIIIIHH", b"PK\3\4", 20, 8 * self.descriptor, self.method, 0x5a210000, *known,
                             len(self.name), 0) + self.name + self.packed
        if self.descriptor:
            record += struct.pack("<4sIII", b"PK\7\x08", self.crc, len(self.packed), len(self.data))
        return record

    def central(self, offset):
        sizes, extra = (len(self.packed), len(self.data), offset), b""
        if self.zip64:
            extra = struct.pack("<HHQQQ", 1, 24, len(self.data), len(self.packed), offset)
            sizes = (0xffffffff,) * 3
        return struct.pack("<4sBBHHHIIIIHHHHHII", b"PK\1\2", 30, self.host, 20, 8 * self.descriptor, self.method,
                           0x5a210000, self.crc, sizes[0], sizes[1], len(self.name), len(extra), 0, 0, 0,
                           self.mode << 16, sizes[2]) + self.name + extra


def archive(entries, zip64=False, prefix=b"", absolute=False, comment=b"", suffix=b"", gap=b""):
    """prefix: bytes before the archive, which its places count if absolute; gap: bytes behind the directory."""
    base = len(prefix) if absolute else 0
    body, directory, at = [prefix], [], base
    for entry in entries:
        local = entry.local()
        directory.append(entry.central(at))
        body.append(local)
        at += len(local)
    listed = b"".join(directory)
    told = len(entries) % 65536, len(listed), at
    body += [listed, gap]
    if zip64:
        n = len(entries)
        body.append(struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, n, n, len(listed), at))
        body.append(struct.pack("<4sIQI", b"PK\6\7", 0, at + len(listed), 1))
        told = 0xffff, 0xffffffff, 0xffffffff
    body.append(struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, told[0], told[0], told[1], told[2], len(comment)))
    return b"".join(body) + comment + suffix
