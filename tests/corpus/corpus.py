"""Makes files, asks the driver (driver.c) what the loader makes of them, and compares: corpus.py DRIVER."""
import io
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib

from PIL import Image

import files
from files import GREY, GREY_ALPHA, PALETTE, RGB, RGBA, Entry

SIDE = 8
NOBODY = 65534
results = [0, 0]
work = tempfile.mkdtemp()


def check(ok, what):
    results[not ok] += 1
    if not ok:
        print("FAILED: " + what)


def put(name, data):
    path = os.path.join(work, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    return path


class Driver:
    def __init__(self, **how):
        self.process = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, **how)

    def ask(self, *parts):
        self.process.stdin.write("\t".join(map(str, parts)).encode() + b"\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().decode(errors="replace").rstrip("\n").split("\t")

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()


driver = Driver()


def picture(data, name="picture"):
    """(width, height, RGB bytes), or why not."""
    answer = driver.ask("picture", put(name, data))
    return (int(answer[1]), int(answer[2]), bytes.fromhex(answer[3])) if answer[0] == "0" else answer[1]


class Set:
    def __init__(self, path, form="images", using=None):
        answer = (using or driver).ask("set", form, path, SIDE)
        self.status, self.text = int(answer[0]), answer[1]
        if self.status == 0:
            self.identity = int(answer[2]), int(answer[3])
            pixels = bytes.fromhex(answer[4])
            size = SIDE * SIDE * 3
            self.pictures = [pixels[i:i + size] for i in range(0, len(pixels), size)]


# ---------------------------------------------------------------- pictures

def over_white(rgb, alpha):
    return bytes((c * alpha + 255 * (255 - alpha) + 127) // 255 for c in rgb)


def to_byte(sample, depth):
    most = (1 << depth) - 1
    return (sample * 255 * 2 + most) // (2 * most)


def expected(rows, kind, depth, palette=None, clear=None):
    """The RGB bytes of a PNG's pixels, over white. clear: the alphas of a palette, or the transparent colour."""
    out = []
    for pixel in (p for row in rows for p in row):
        alpha = 255
        if kind == PALETTE:
            colour = palette[pixel[0]]
            alpha = clear[pixel[0]] if clear and pixel[0] < len(clear) else 255
        else:
            samples = [to_byte(s, depth) for s in pixel]
            colour = samples[:1] * 3 if kind in (GREY, GREY_ALPHA) else samples[:3]
            alpha = samples[-1] if kind in (GREY_ALPHA, RGBA) else 0 if clear and pixel == clear else 255
        out.append(over_white(colour, alpha))
    return b"".join(out)


def transparency(rows, kind, depth):
    """A tRNS chunk for pixels of a kind, and what it says."""
    if kind == PALETTE:
        clear = [0, 128, 255, 7][:1 << depth]
        return files.chunk(b"tRNS", bytes(clear)), clear
    clear = rows[1][1]
    return files.chunk(b"tRNS", b"".join(s.to_bytes(2, "big") for s in clear)), clear


def test_png_kinds():
    for kind, depths in files.DEPTHS.items():
        for depth in depths:
            rows = files.noise(11, 9, kind, depth, seed=depth)
            palette = [(i * 37 % 256, i * 91 % 256, 255 - i % 256) for i in range(1 << depth)]
            before = files.chunk(b"PLTE", b"".join(map(bytes, palette))) if kind == PALETTE else b""
            for interlaced in (0, 1):
                for transparent in (0, 1) if kind in (GREY, RGB, PALETTE) else (0,):
                    trns, clear = transparency(rows, kind, depth) if transparent else (b"", None)
                    got = picture(files.png(rows, kind, depth, interlaced, before + trns))
                    right = 11, 9, expected(rows, kind, depth, palette, clear)
                    check(got == right, "PNG of type %d, depth %d, interlaced %d, tRNS %d" %
                          (kind, depth, interlaced, transparent))


def test_png_sizes():
    for width, height in ((1, 1), (1, 7), (5, 1), (3, 2), (4, 4), (33, 8), (2, 40)):
        for interlaced in (0, 1):
            rows = files.noise(width, height, seed=width)
            check(picture(files.png(rows, interlaced=interlaced)) == (width, height, expected(rows, RGB, 8)),
                  "PNG of %dx%d, interlaced %d" % (width, height, interlaced))


def test_png_ancillary():
    """What doesn't matter to the pixels doesn't change them, sound or not."""
    rows = files.noise(7, 5)
    right = 7, 5, expected(rows, RGB, 8)
    chunks = {b"gAMA": (45455).to_bytes(4, "big"), b"sRGB": b"\0", b"sBIT": b"\5\6\5", b"bKGD": bytes(6),
              b"pHYs": bytes(9), b"tIME": b"\7\xe8\1\1\0\0\0", b"tEXt": b"Comment\0text", b"zTXt": b"a\0\0" +
              zlib.compress(b"b" * 1000), b"iTXt": b"a\0\0\0\0\0text", b"iCCP": b"a\0\0" + zlib.compress(bytes(128)),
              b"sPLT": b"a\0\x08" + bytes(6), b"cHRM": bytes(32), b"hIST": bytes(2), b"juNk": b"x" * 70000,
              b"acTL": bytes(8), b"fcTL": bytes(26)}
    for kind, data in chunks.items():
        for crc in (0, 1):
            extra = files.chunk(kind, data, crc)
            check(picture(files.png(rows, before=extra)) == right, "%s before the pixels" % kind)
            check(picture(files.png(rows, after=extra)) == right, "%s after the pixels" % kind)
    check(isinstance(picture(files.png(rows, before=files.chunk(b"JUNK", b""))), str), "an unknown critical chunk")


def grid(width, height, mode):
    """A smooth picture, which JPEG keeps, different at every edge."""
    image = Image.new("RGB", (width, height))
    image.putdata([(x * 255 // width, y * 255 // height, (x * y) % 256 // 4 + 60)
                   for y in range(height) for x in range(width)])
    return image.convert(mode)


JPEGS = {"grey": ("L", {}), "4:4:4": ("RGB", {"subsampling": 0}), "4:2:2": ("RGB", {"subsampling": 1}),
         "4:2:0": ("RGB", {"subsampling": 2}), "progressive": ("RGB", {"progressive": True}), "CMYK": ("CMYK", {})}


def jpeg(name, width=23, height=17):
    mode, how = JPEGS[name]
    file = io.BytesIO()
    grid(width, height, mode).save(file, "JPEG", quality=92, **how)
    return file.getvalue()


def without_adobe(data):
    at = data.index(b"\xff\xee")
    return data[:at] + data[at + 2 + int.from_bytes(data[at + 2:at + 4], "big"):]


def decoded(data):
    """A JPEG's RGB picture by PIL, which takes inks for inverted, as Adobe's are; others' are then 255 - ink."""
    image = Image.open(io.BytesIO(data))
    if image.mode != "CMYK":
        return image.convert("RGB")
    rgb = Image.new("RGB", image.size)
    inks = list(image.getdata())
    if b"\xff\xeeAdobe" in data or b"Adobe" in data[:40]:
        inks = [tuple(255 - i for i in ink) for ink in inks]
    rgb.putdata([tuple((c * ink[3] + 127) // 255 for c in ink[:3]) for ink in inks])
    return rgb


def alike(got, image, most=2):
    if isinstance(got, str) or got[:2] != image.size:
        return False
    return max(abs(a - b) for a, b in zip(got[2], image.tobytes())) <= most


def test_jpegs():
    for name in JPEGS:
        for width, height in ((23, 17), (1, 1), (16, 16), (40, 3)):
            data = jpeg(name, width, height)
            check(alike(picture(data), decoded(data)), "JPEG, %s, %dx%d" % (name, width, height))
    data = without_adobe(jpeg("CMYK"))
    check(alike(picture(data), decoded(data)), "JPEG, CMYK not by Adobe")


# ---------------------------------------------------------------- orientation

TURNS = {1: None, 2: Image.FLIP_LEFT_RIGHT, 3: Image.ROTATE_180, 4: Image.FLIP_TOP_BOTTOM, 5: Image.TRANSPOSE,
         6: Image.ROTATE_270, 7: Image.TRANSVERSE, 8: Image.ROTATE_90}


def turned(image, orientation):
    return image if orientation == 1 else image.transpose(TURNS[orientation])


def exif_jpeg(data, orientation, **how):
    return files.with_segments(data, files.app1(b"Exif\0\0" + files.exif(orientation, **how)))


def exif_png(rows, orientation, after=False, crc=0, prefix=b"", **how):
    extra = files.chunk(b"eXIf", prefix + files.exif(orientation, **how), crc)
    return files.png(rows, after=extra) if after else files.png(rows, before=extra)


def test_orientations():
    rows = files.noise(5, 3)
    image = Image.frombytes("RGB", (5, 3), expected(rows, RGB, 8))
    for o in TURNS:
        for name in JPEGS:
            data = jpeg(name)
            check(alike(picture(exif_jpeg(data, o)), turned(decoded(data), o)), "%s JPEG, orientation %d" % (name, o))
        data = jpeg("4:4:4")
        for how in ({"order": ">"}, {"order": ">", "kind": 1}, {"kind": 1}, {"kind": 4}, {"order": ">", "kind": 4},
                    {"others": False}, {"gap": 500}):
            check(alike(picture(exif_jpeg(data, o, **how)), turned(decoded(data), o)), "JPEG, %d, %s" % (o, how))
            for after in (False, True):
                check(alike(picture(exif_png(rows, o, after, **how)), turned(image, o), 0),
                      "PNG, orientation %d, after %d, %s" % (o, after, how))
        prefixed = exif_png(rows, o, prefix=b"Exif\0\0")
        check(alike(picture(prefixed), turned(image, o), 0), "PNG with JPEG's prefix, %d" % o)


def test_no_orientation():
    rows = files.noise(5, 3)
    image = Image.frombytes("RGB", (5, 3), expected(rows, RGB, 8))
    data = jpeg("4:4:4")
    whole = files.exif(6)
    wrong = [files.exif(0), files.exif(9), files.exif(6, kind=2), files.exif(6, kind=5), files.exif(6, count=0),
             files.exif(6, count=2), files.exif(6, tag=0x0113),
             files.exif(6, kind=4, order=">").replace(b"\0\0\0\6", b"\1\0\0\6"),
             files.exif(6, entries=0), files.exif(9, entries=65535), b"", b"II", b"II*\0\xff\xff\xff\xff",
             b"II*\0\xfe\xff\xff\xff"]
    wrong += [start + whole[4:] for start in (b"MM*\0", b"II\0*", b"IM*\0", b"XX*\0")]
    wrong += [whole[:n] for n in range(len(whole) - 22)] # cut before the orientation's end
    for tiff in wrong:
        with_it = files.with_segments(data, files.app1(b"Exif\0\0" + tiff))
        check(alike(picture(with_it), decoded(data)), "JPEG, %r" % tiff)
        check(alike(picture(files.png(rows, before=files.chunk(b"eXIf", tiff))), image, 0), "PNG, %r" % tiff)
    check(alike(picture(exif_png(rows, 6, crc=1)), image, 0), "eXIf with another CRC")
    check(alike(picture(exif_png(rows, 6, gap=66000)), image, 0), "eXIf of more than 64 KiB")
    hexadecimal = b"\nexif\n%8d\n%s\n" % (len(whole), whole.hex().encode())
    raw = files.chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(hexadecimal))
    check(alike(picture(files.png(rows, before=raw)), image, 0), "ImageMagick's raw profile is no part of the format")


def test_where_exif_lies():
    data = jpeg("4:2:0")
    upright, six = decoded(data), turned(decoded(data), 6)
    exif = files.app1(b"Exif\0\0" + files.exif(6))
    xmp = files.app1(b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta tiff:Orientation='3'/>")
    nothing = files.app1(b"Exif\0\0" + files.exif(0))
    check(alike(picture(files.with_segments(data, xmp, exif)), six), "EXIF after XMP")
    check(alike(picture(files.with_segments(data, xmp)), upright), "XMP alone")
    check(alike(picture(files.with_segments(data, nothing, exif)), six), "EXIF after EXIF that says nothing")
    three = files.app1(b"Exif\0\0" + files.exif(3))
    check(alike(picture(files.with_segments(data, exif, three)), six), "the first of two")
    check(alike(picture(files.with_segments(data, b"\xff\xff\xff" + exif[1:])), six), "fill bytes")
    others = b"\xff\xe2\0\x02", b"\xff\xfe\0\x05abc"
    check(alike(picture(files.with_segments(data, *others, exif)), six), "other segments")
    last = data.rindex(b"\xff\xd9")
    check(alike(picture(data[:last] + exif + data[last:]), upright), "EXIF after the pixels")
    check(alike(picture(files.with_segments(data, files.app1(b"exif\0\0" + files.exif(6)))), upright), "another APP1")
    check(alike(picture(files.with_segments(data, files.app1(b"Exif\0"))), upright), "a short APP1")


def test_turned_sets():
    """Forty pictures with an orientation, and the same ones turned: the same pictures for a network."""
    for o in (3, 6, 7):
        for i in range(40):
            rows = files.noise(9, 14, seed=i)
            image = turned(Image.frombytes("RGB", (9, 14), expected(rows, RGB, 8)), o)
            pixels = list(image.getdata())
            plain = [pixels[y * image.width:(y + 1) * image.width] for y in range(image.height)]
            put("said%d/%02d.png" % (o, i), exif_png(rows, o, after=i % 2))
            put("done%d/%02d.png" % (o, i), files.png(plain))
        said, done = Set(os.path.join(work, "said%d" % o)), Set(os.path.join(work, "done%d" % o))
        check(said.pictures == done.pictures and said.identity == done.identity, "forty pictures turned by %d" % o)
        path = put("said.zip", files.archive([Entry("%02d.png" % i, open(os.path.join(work, "said%d/%02d.png" % (o, i)),
                                                                        "rb").read()) for i in range(40)]))
        packed = Set(path)
        check(packed.pictures == done.pictures and packed.identity == done.identity, "the same in an archive")


# ---------------------------------------------------------------- memory

def peak(question):
    """Kilobytes that a process needs for it, and its answer."""
    one = Driver()
    answer = one.ask(*question)
    kilobytes = int(one.ask("peak")[0])
    check(one.end() == 0, "the driver dies of %s" % (question,))
    return kilobytes, answer


def claim_pixels(data, width, height):
    """Another size in a JPEG's frame header."""
    at = max(data.find(b"\xff\xc0\0\x11"), data.find(b"\xff\xc2\0\x11")) + 5
    return data[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + data[at + 4:]


def test_memory():
    rows = files.noise(8, 8)
    least = peak(("picture", put("small.png", files.png(rows))))[0]
    zeros = zlib.compress(bytes(1 << 28), 9)
    idat = files.chunk(b"IDAT", zlib.compress(files.pack(rows, 8, 0)))
    hostile = {}
    for kind in (b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"sPLT", b"eXIf", b"hIST", b"pCAL", b"sCAL", b"bKGD", b"tRNS",
                 b"juNk", b"IDAT", b"PLTE", b"IEND", b"JUNK"):
        hostile["%s claims" % kind] = files.claim(kind)
        hostile["%s claims after pixels" % kind] = files.claim(kind, idat)
    for kind, start in ((b"zTXt", b"a\0\0"), (b"iTXt", b"a\0\1\0\0\0"), (b"iCCP", b"a\0\0")):
        hostile["%s inflates" % kind] = files.png(rows, before=files.chunk(kind, start + zeros))
    hostile["pixels that aren't there"] = files.SIGNATURE + files.header(16384, 8192, 16, RGBA) + idat
    for name in ("progressive", "4:4:4"):
        hostile["a JPEG, %s, that claims pixels" % name] = claim_pixels(jpeg(name), 16384, 8192)
    data = jpeg("4:2:0")
    segment = b"Exif\0\0" + bytes(65527)
    for marker in (0xe0, 0xe1, 0xe2, 0xed, 0xee, 0xfe):
        hostile["segments %x" % marker] = files.with_segments(data, *[files.app1(segment)[:1] + bytes([marker]) +
                                                                      files.app1(segment)[2:]] * 500)
    for what, content in hostile.items():
        needed, answer = peak(("picture", put("hostile", content)))
        check(needed < least + 8192, "%s: %d kB more" % (what, needed - least))
    lying = Entry("a.png", files.png(rows), deflated=True)
    lying.data = bytes(1 << 28)
    put("lying.zip", files.archive([Entry("b.png", files.png(rows)), lying]))
    needed, answer = peak(("set", "zip", os.path.join(work, "lying.zip"), SIDE))
    check(answer[0] == "0" and needed < least + 16384, "an entry that claims 256 MiB: %d kB more" % (needed - least))


def test_claims():
    """A file that lacks its pixels is at fault itself, however little memory there is, in a folder or an archive."""
    limit = 600 << 20 # bytes; the larger of these takes twice as many if it is believed
    short = Driver(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
    names = ["%d.png" % i for i in range(6)]
    members = {name: files.png(files.noise(SIDE, SIDE, seed=i)) for i, name in enumerate(names)}
    for name in ("progressive", "4:4:4"):
        claims = claim_pixels(jpeg(name), 16384, 8192)
        answer = short.ask("picture", put("claims.jpg", claims))
        check(answer == ["1", "its %d bytes are too few for 16384x8192 pixels" % len(claims)], "%s: %s" % (name, answer))
        members[name[0] + ".jpg"] = claims
    check(short.end() == 0, "the driver dies of claims")
    for name, data in members.items():
        put("claims/" + name, data)
    put("claims.zip", files.archive([Entry(name, data) for name, data in members.items()]))
    folder, packed = Set(os.path.join(work, "claims")), Set(os.path.join(work, "claims.zip"))
    check(folder.status == packed.status == 0 and folder.pictures == packed.pictures and
          folder.identity == packed.identity, "claims in a folder and an archive")
    check(sorted(set(folder.pictures)) == sorted(pixels_of(i) for i in range(6)), "what is good beside claims")


# ---------------------------------------------------------------- archives

PICTURES = {name: files.png(files.noise(SIDE, SIDE, seed=i))
            for i, name in enumerate(("a.png", "deep/er/b.png", "deep/c", "Z.png", "...and justice.png"))}


def pixels_of(i):
    return expected(files.noise(SIDE, SIDE, seed=i), RGB, 8)


def fnv(names):
    value = 0xcbf29ce484222325
    for byte in b"".join(n.encode() + b"\0" for n in sorted(names, key=str.encode)):
        value = (value ^ byte) * 0x100000001b3 % (1 << 64)
    return value


def unzips(data):
    """Python and, where it is there, unzip read it."""
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        check(z.testzip() is None, "Python")
    if shutil.which("unzip"):
        status = subprocess.run(["unzip", "-tqq", put("unzip.zip", data)], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL).returncode
        check(status in (0, 1), "unzip") # 1: with a warning


FORMS = {
    "stored": {}, "zip64": {"zip64": True}, "a comment": {"comment": b"by hand"},
    "bytes before": {"prefix": b"#!/bin/sh\nexit\n" * 100},
    "bytes before that count": {"prefix": b"#!/bin/sh\nexit\n" * 100, "absolute": True},
    "bytes before, zip64": {"prefix": b"#!/bin/sh\n" * 99, "zip64": True},
    "bytes before that count, zip64": {"prefix": b"#!/bin/sh\n" * 99, "zip64": True, "absolute": True},
    "a newline behind": {"suffix": b"\n"}, "zeros behind": {"suffix": bytes(5000)},
    "a comment and a newline": {"comment": b"by hand", "suffix": b"\r\n"},
    "a long comment": {"comment": b"c" * 65535}, "a long comment and more": {"comment": b"c" * 65535, "suffix": b"\n"},
    "all": {"prefix": b"x" * 4321, "zip64": True, "comment": b"by hand", "suffix": b"\n"},
}
NOT_PYTHON = {"a long comment and more"}


def test_archive_forms():
    for i, (name, data) in enumerate(PICTURES.items()):
        put("set/" + name, data)
    whole = Set(os.path.join(work, "set"))
    check(whole.identity == (5, fnv(PICTURES)), "the folder's hash")
    check(sorted(whole.pictures) == sorted(pixels_of(i) for i in range(5)), "the folder's pictures")
    hows = ({}, {"deflated": True}, {"deflated": True, "descriptor": True}, {"zip64": True}, {"host": 0, "mode": 0})
    for how in hows:
        for form, options in FORMS.items():
            data = files.archive([Entry(n, d, **how) for n, d in reversed(list(PICTURES.items()))], **options)
            packed = Set(put("set.zip", data), "zip")
            ok = packed.status == 0 and (packed.identity, packed.pictures) == (whole.identity, whole.pictures)
            check(ok, "archive, %s, entries %s: %s" % (form, how, packed.text))
            if form not in NOT_PYTHON:
                unzips(data)


def test_python_archives():
    whole = Set(os.path.join(work, "set"))
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        for prefix in (b"", b"#!/usr/bin/env python3\n"):
            path = put("python.zip", prefix)
            with zipfile.ZipFile(path, "a", method) as z:
                z.comment = b"PK\5\6 is how an end begins"
                for name, data in PICTURES.items():
                    z.writestr(name, data)
            packed = Set(path)
            check(packed.status == 0 and packed.pictures == whole.pictures and packed.identity == whole.identity,
                  "Python's archive, method %d, before it %r" % (method, prefix))


def test_end_records():
    """What looks like an end record and is none."""
    entries = [Entry(n, d) for n, d in PICTURES.items()]
    empty = b"PK\5\6" + bytes(18)
    for comment in (b"PK\5\6", b"PK\5\6" * 500, empty, empty * 3, b"x" + empty + b"y", b"PK\5\6" + b"\xff" * 18,
                    b"PK\5\6" + bytes(4) + b"\1\0\1\0\x2e\0\0\0\0\0\0\0\0\0"):
        packed = Set(put("end.zip", files.archive(entries, comment=comment)))
        check(packed.status == 0 and packed.identity[0] == 5, "comment %r: %s" % (comment[:40], packed.text))
    inner = files.archive([Entry("x.png", PICTURES["a.png"])])
    packed = Set(put("end.zip", files.archive(entries + [Entry("inner.zip", inner)])))
    check(packed.status == 0 and packed.identity[0] == 5, "an archive in the archive: %s" % packed.text)
    packed = Set(put("end.zip", files.archive([Entry("y.png", PICTURES["Z.png"])]) + files.archive(entries)))
    check(packed.status == 0 and packed.identity[0] == 5, "an archive before the archive: %s" % packed.text)
    packed = Set(put("end.zip", files.archive(entries, gap=b"PK\5\5\4\0sign")))
    check(packed.status == 0 and packed.identity[0] == 5, "a signature behind the directory: %s" % packed.text)
    check(Set(put("end.zip", files.archive([]))).status == 2, "an archive of nothing")


def test_many_entries():
    """More than two bytes count, as macOS's programs write them, without zip64 and with it."""
    for n in (65535, 65536, 70000, 140000):
        entries = [Entry("t/%06d.txt" % i) for i in range(n - 5)] + [Entry(name, d) for name, d in PICTURES.items()]
        data = files.archive(entries)
        packed = Set(put("many.zip", data))
        check(packed.status == 0 and packed.identity == (5, fnv(PICTURES)), "%d entries: %s" % (n, packed.text))
        check("%d neither PNG nor JPEG" % (n - 5) in packed.text, "%d entries: %s" % (n, packed.text))
        if n == 70000:
            unzips(data)
    wrong = bytearray(data)
    wrong[-14:-10] = b"\1\0\1\0"
    check(Set(put("many.zip", bytes(wrong))).status == 2, "another number of entries")
    wide = Set(put("many.zip", files.archive(entries[-70000:], zip64=True)))
    check(wide.status == 0 and wide.identity[0] == 5, "70000 entries with zip64: %s" % wide.text)


def archived(*entries, form="zip"):
    entries = [e if isinstance(e, Entry) else Entry(e, PICTURES["a.png"]) for e in entries]
    return Set(put("one.zip", files.archive(entries)), form)


def test_names():
    same = ("../a.png", "x/../a.png", "...and justice.png", ".../a.png", "....png", "a\\b.png", "..\\a.png", "a.",
            "a/..")
    others = (("./a.png", "a.png"), ("train/./a.png", "train/a.png"), ("/a.png", "a.png"), ("a//b.png", "a/b.png"),
              ("./././a", "a"))
    for name, plain in tuple(zip(same, same)) + others:
        packed = archived(name)
        check(packed.status == 0 and packed.identity == (1, fnv([plain])), "%s: %s" % (name, packed.text))
    for name in (".a.png", "x/.a.png", ".x/a.png", "./.x/a.png", "__MACOSX/._a.png", "..a.png", "x\\.a.png",
                 ".x\\a.png", "/.a.png"):
        packed = archived("b.png", name)
        right = packed.status == 0 and packed.identity == (1, fnv(["b.png"]))
        check(right and "passed over: 1 hidden ('" in packed.text, "%s is hidden: %s" % (name, packed.text))
        alone = archived(name)
        check(alone.status == 2 and "1 hidden" in alone.text and "--data" in alone.text, "alone: %s" % alone.text)
    mixed = archived("./a.png", "b.png", "./c/d.png", Entry("./"), Entry("c/"), Entry("./c/"), Entry("w\\"))
    check(mixed.identity == (3, fnv(["a.png", "b.png", "c/d.png"])) and "passed" not in mixed.text, mixed.text)


def test_passed_in_archives():
    png = PICTURES["a.png"]
    packed = archived("a.png", Entry("link.png", b"a.png", mode=0o120777), Entry("fifo", mode=0o10644),
                      Entry("x.webp", b"RIFF"), Entry("y.gif", b"GIF89a"), Entry("empty"), Entry("z.gif", b"GIF89a"),
                      Entry(b"\x1b[31m.txt", b"x"),
                      Entry("folder", mode=0o40755), Entry("seven\nlines.txt", b"x"), Entry("odd/", png))
    check(packed.identity == (2, fnv(["a.png", "odd"])), packed.text)
    check("6 neither PNG nor JPEG ('?[31m.txt', 'empty', 'seven?lines.txt', ...)" in packed.text, packed.text)
    check("1 links, which are not followed in an archive ('link.png')" in packed.text, packed.text)
    check("1 neither files nor folders ('fifo')" in packed.text, packed.text)
    secret = Entry("secret", png)
    secret.method = 99
    packed = archived("a.png", secret)
    check("1 that can't be opened ('secret')" in packed.text, packed.text)


# ---------------------------------------------------------------- folders

def test_formats():
    folder, path = os.path.join(work, "set"), put("set.zip", files.archive([Entry(n, d) for n, d in PICTURES.items()]))
    right = Set(folder).identity
    for form in ("images", "zip", "shapes"):
        check(Set(folder, form).identity == right, "%s given a folder" % form)
        check(Set(path, form).identity == right, "%s given an archive" % form)
        missing = Set(os.path.join(work, "nothing"), form)
        check(missing.status == 2 and "No such file" in missing.text and "--data" in missing.text, missing.text)


def test_passed_in_folders():
    for name in ("a.png", ".hidden.png", ".git/b.png", "c/..d.png", "...e.png", "c/...f/g.png"):
        put("full/" + name, PICTURES["a.png"])
    for i in range(60):
        put("full/%02d.webp" % i, b"RIFF")
    folder = os.path.join(work, "full")
    put("full/\x1b[2J\u009b\n" + "l" * 100 + "\u00e9.txt", b"")
    os.symlink("nowhere", os.path.join(folder, "link.png"))
    os.symlink("loop.png", os.path.join(folder, "loop.png"))
    os.symlink("..", os.path.join(folder, "c", "up"))
    os.symlink("../set/a.png", os.path.join(folder, "good"))
    os.mkfifo(os.path.join(folder, "fifo.png"))
    got = Set(folder)
    check(got.identity == (4, fnv(["a.png", "...e.png", "c/...f/g.png", "good"])), got.text)
    check("61 neither PNG nor JPEG (" in got.text, got.text)
    check("3 hidden ('.git', '.hidden.png', 'c/..d.png')" in got.text, got.text)
    check("2 links that lead nowhere ('link.png', 'loop.png')" in got.text, got.text)
    check("1 neither files nor folders ('fifo.png')" in got.text and "4 pictures" in got.text, got.text)
    check("\x1b" not in got.text and "\u009b" not in got.text, "control characters in %r" % got.text)
    for name in os.listdir(folder):
        if name.endswith("webp") or name.startswith("."):
            shutil.rmtree(os.path.join(folder, name)) if name == ".git" else os.remove(os.path.join(folder, name))
    check("lll\u00e9.txt'" in Set(folder).text, "a long name keeps its end: %s" % Set(folder).text)


def test_long_paths():
    """Paths over 4,096 bytes, and deep ones, with few descriptors."""
    root = os.path.join(work, "long")
    os.mkdir(root)
    here, name = os.open(root, os.O_RDONLY), []
    for depth in range(60):
        part = "d" * 200
        os.mkdir(part, dir_fd=here)
        deeper = os.open(part, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
        name.append(part)
    with os.fdopen(os.open("end.png", os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=here), "wb") as file:
        file.write(PICTURES["a.png"])
    os.close(here)
    got = Set(root, using=with_descriptors(16))
    check(got.status == 0 and got.identity == (1, fnv(["/".join(name + ["end.png"])])), got.text)
    inner = os.path.join(root, *name)
    check(Set(inner).identity == (1, fnv(["end.png"])), "a folder with a long path is given")
    subprocess.run(["rm", "-rf", root], check=True)


def with_descriptors(n):
    one = Driver()
    check(one.ask("descriptors", n) == [str(n)], "a limit of %d descriptors" % n)
    return one


def test_descriptors():
    """None left is the machine's fault, and no picture's."""
    statuses = set()
    for path in (os.path.join(work, "set"), put("set.zip", files.archive([Entry(n, d) for n, d in PICTURES.items()]))):
        for n in range(3, 12):
            got = Set(path, using=with_descriptors(n))
            statuses.add(got.status)
            check(got.status == 1 and "open files" in got.text or got.status == 0 and got.identity[0] == 5,
                  "%d descriptors: %d, %s" % (n, got.status, got.text))
    check(statuses == {0, 1}, "with more and more descriptors: %s" % statuses)


def test_permissions():
    """What may not be opened is said; for root there is no such thing."""
    root = os.path.join(work, "mine")
    for name in ("a.png", "open/b.png", "closed/c.png", "listed/d.png", "secret.png", "secret"):
        put("mine/" + name, PICTURES["a.png"])
    for name, mode in (("closed", 0), ("listed", 0o444), ("secret.png", 0), ("secret", 0)):
        os.chmod(os.path.join(root, name), mode)
    how = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
    os.chmod(work, 0o755)
    other = Driver(**how)
    got = Set(root, using=other)
    check(got.status == 0 and got.identity[0] == 2, got.text)
    check("3 that can't be opened ('closed', 'listed/d.png', 'secret')" in got.text, got.text)
    check("1 broken left out" in got.text, got.text)
    for mode in (0, 0o111):
        os.chmod(root, mode)
        got = Set(root, using=other)
        right = got.status == 2 and "Permission denied" in got.text and "--data" in got.text
        check(right, "mode %o: %s" % (mode, got.text))
    os.chmod(root, 0o444)
    got = Set(root, using=other)
    check(got.status == 2 and "that can't be opened ('a.png'" in got.text, got.text)
    os.chmod(root, 0o755)
    for name in ("closed", "listed"):
        os.chmod(os.path.join(root, name), 0o755)
    path = put("mine.zip", files.archive([Entry("a.png", PICTURES["a.png"])]))
    os.chmod(path, 0)
    got = Set(path, using=other)
    check(got.status == 2 and "Permission denied" in got.text, got.text)


def main():
    try:
        for name, test in list(globals().items()):
            if name.startswith("test_"):
                test()
    finally:
        driver.end()
        subprocess.run(["rm", "-rf", work], check=False)
    print("%d passed, %d failed" % tuple(results))
    return results[1] != 0


if __name__ == "__main__":
    sys.exit(main())
