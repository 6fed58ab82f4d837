#!/usr/bin/env python3
"""Writes the inputs that fuzzing begins from, OUT/seeds/READER/*, and those that once broke a reader and are best told
by how they are made, OUT/found/READER/*:  seeds.py OUT  (from the checkout's root; Python's standard library alone)."""
import glob, io, json, os, struct, sys, zipfile, zlib


# ---------------------------------------------------------------- pictures

def chunk(kind, data, claimed=None):
    size = len(data) if claimed is None else claimed
    return struct.pack(">I", size) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth=8, color=2, interlaced=0, before=b"", after=b""):
    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    steps = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    raw = b""
    for x, y, dx, dy in steps if interlaced else [(0, 0, 1, 1)]:
        columns, rows = -(-(width - x) // dx), -(-(height - y) // dy)
        if columns > 0 and rows > 0:
            size = (columns * bits + 7) // 8
            raw += b"".join(bytes([r % 5]) + bytes((37 * r + i) % 256 if color != 3 else 0 for i in range(size))
                            for r in range(rows))
    palette = chunk(b"PLTE", bytes(range(12))) if color == 3 else b""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
            + palette + before + chunk(b"IDAT", zlib.compress(raw)) + after + chunk(b"IEND", b""))


def exif(orientation, order):
    """A TIFF with one entry: Orientation (0x0112), a SHORT."""
    return order.encode() * 2 + struct.pack(("<" if order == "I" else ">") + "HIHHHIHHI", 42, 8, 1, 0x112, 3, 1,
                                            orientation, 0, 0)


def segment(marker, data):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def jpeg(components, progressive=0, extra=b"", width=9, height=8, again=0):
    """Of one tone: each block's difference is none (code 0), its end comes at once (code 0). Progressive ones may have
    the scans of the other coefficients some times again."""
    ids = range(1, components + 1)
    table = bytes([1, 1] + [0] * 14)
    frame = struct.pack(">BHHB", 8, height, width, components) + b"".join(bytes([i, 0x11, 0]) for i in ids)
    blocks = ((width + 7) // 8) * ((height + 7) // 8)

    def scan(which, first, last, bits):
        coded = "0" * (bits * blocks)
        coded += "1" * (-len(coded) % 8)
        return (segment(0xDA, bytes([len(which)]) + b"".join(bytes([i, 0]) for i in which) + bytes([first, last, 0]))
                + int(coded, 2).to_bytes(len(coded) // 8, "big"))

    scans = scan(ids, 0, 0, components) + b"".join(scan([i], 1, 63, 1) for i in ids) * (1 + again) if progressive else \
        scan(ids, 0, 63, 2 * components)
    return (b"\xFF\xD8" + extra + segment(0xDB, b"\0" + bytes([1] * 64))
            + segment(0xC2 if progressive else 0xC0, frame) + segment(0xC4, b"\0" + table + b"\0\3")
            + segment(0xC4, b"\x10" + table + b"\0\1") + scans + b"\xFF\xD9")


def pictures():
    trns = chunk(b"tRNS", bytes([0, 128, 255]))
    yield from (png(5, 3, depth, color, i) for i in (0, 1)
                for depth, color in ((1, 0), (4, 0), (16, 0), (8, 2), (16, 2), (4, 3), (8, 4), (8, 6), (16, 6)))
    yield png(4, 4, 2, 3, before=trns)
    yield png(2, 2, before=chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"tEXt", b"Title\0a"))
    yield from (png(3, 2, before=chunk(b"eXIf", exif(n, "MI"[n % 2]))) for n in range(1, 9))
    yield from (jpeg(n, p) for n in (1, 3, 4) for p in (0, 1))
    yield jpeg(4, 0, segment(0xEE, b"Adobe\0\x64\0\0\0\0\2"))
    yield from (jpeg(3, 0, segment(0xE1, b"Exif\0\0" + exif(n, "MI"[n % 2]))) for n in range(1, 9))


def claims(data, width=16384, height=8192):
    """Another size in the frame of a JPEG."""
    at = max(data.find(bytes([0xFF, marker, 0])) for marker in (0xC0, 0xC2))
    return data[:at + 5] + struct.pack(">HH", height, width) + data[at + 9:]


def archives():
    one = png(3, 3)
    names = ["a.png", "./b.png", "deep/c.JPG", "dataset.json"]
    for method in zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED:
        for comment in b"", b"PK\5\6 a comment":
            for large in False, True:
                file = io.BytesIO()
                with zipfile.ZipFile(file, "w", method) as archive:
                    archive.comment = comment
                    for name in names:
                        with archive.open(zipfile.ZipInfo(name), "w", force_zip64=large) as entry:
                            entry.write(one if name.endswith("png") else jpeg(3))
                yield file.getvalue()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("folder/", b"")
        archive.writestr("folder/a.png", one)
    yield b"before" + file.getvalue() + b"\n"


# ---------------------------------------------------------------- tensors and runs

def safetensors(tensors, metadata=None):
    header, data = {}, b""
    if metadata is not None:
        header["__metadata__"] = metadata
    for name, dtype, shape, content in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


WEIGHTS = [("a", [3, 2], bytes(24)), ("b", [1, 3, 2, 2], struct.pack("<12f", *range(12)))]


def tensors():
    yield safetensors([(n, "F32", s, d) for n, s, d in WEIGHTS])
    yield safetensors([(n, "F64", s, 2 * d) for n, s, d in WEIGHTS], {"k": "\u00e9\n\\\"", "l": "\U0001F600"})
    yield safetensors([("x", "BF16", [2], bytes(4)), ("y", "BOOL", [], b"\1"), ("z", "I64", [0, 3], b"")])
    yield struct.pack("<Q", 2) + b"{}"


def checkpoint(**values):
    metadata = {"aggen": "1", "kind": "search", "spec": "{}", "seed": "5", "iteration": "3", "loss": "0x1.8p+1"}
    return safetensors([("g." + n, "F32", s, d) for n, s, d in WEIGHTS], {**metadata, **values})


def logs():
    lines = b"".join(b'{"iteration": %d, "d_loss": 1.5, "alpha": {"a": [0, 1]}}\n' % i for i in range(1, 5))
    yield b"\3" + lines
    yield b"\4" + lines[:-9]
    yield b"\2" + lines.replace(b"iteration", b"step")
    yield b"\0"


# ---------------------------------------------------------------- texts

def spaces():
    folders = "spaces", "spaces/genotypes", "tests/e2e"
    for path in sorted(path for folder in folders for path in glob.glob(folder + "/*.json")):
        with open(path, "rb") as file:
            yield file.read()
    yield json.dumps({"name": "t", "image": {"size": 8}, "data": {"format": "shapes"},
                      "generator": {"family": "residual", "cell": {"edges": [["a", 0, 1, "up"], ["b", 1, 2, "normal"]],
                                                                   "output": 2, "skip": [1, 2]}},
                      "discriminator": {"family": "sngan"}}).encode()


SETS = ["search.batch=32\ndata.path=a b", "image.size=16\ngenerator.up=[\"nearest\"]", "search.weights={\"lr\": 1e-3}",
        "ops.cell1.up0=deconv", "latents.b8.up=3\nops={}", "generator.cell={\"output\": 2}", "retrain.kimg=1\nname=\"x\""]
COMMANDS = ["spaces/x.json\n-o\nout\n--set\na=b", "info\nx.json\n--json\n--target=cuda\n--gpu\na100",
            "run\nx.json\nretrain\n--iterations\n5\n--\n-o", "x.json\n--weights=w\n--weights-type\nbf16\n--embed\nfaces",
            "check\nx\n--no-merge", "--help", "x.json\n--embed\nf\n--kernel\nb8.up\n--weights\nw"]
OPTIONS = ["search\n--run\nr\n--iterations=5\n--resume\n--seed\n18446744073709551615", "retrain\n--data\nd\n--threads\n2",
           "generate\n-n64\n-o=x.png\n--weights\nw", "style\n--psi\n0.7\n--noise\nfixed\n--mix\n4,6",
           "style\n--latents\n-n\n8", "generate\n--interpolate\n30\n-n\n16\n-o\nd/",
           "search\n--bench\n5\n--kernels\n--json",
           "search\n--replay\na\n--dump\nb\n--phase\nd", "style\n--help", "generate\n--info"]
GENOTYPES = ['{"ops": {"a": "b"}}\0{"ops" : {"a":"b"}}', '{"ops": {"a": "b"}, "latents": {"b8.up": 1}}\0{"spec": {}}']


def write(out, reader, inputs):
    os.makedirs(os.path.join(out, reader), exist_ok=True)
    for i, data in enumerate(inputs):
        with open(os.path.join(out, reader, "%03d" % i), "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)


def main(out):
    for reader, inputs in (("picture", pictures()), ("zip", archives()), ("safetensors", tensors()),
                           ("checkpoint", [checkpoint()]), ("log", logs()), ("spec", spaces()), ("set", SETS),
                           ("command", COMMANDS), ("options", OPTIONS), ("genotype", GENOTYPES)):
        write(out + "/seeds", reader, inputs)
    # 000: a text that claims 2 GB, and the file ends
    huge = png(1, 1)[:33] + struct.pack(">I", 0x7E000003) + b"tEXt" + bytes(24)
    # a picture of 2^27 pixels in a few bytes
    wide = png(1, 1)[:16] + struct.pack(">II", 16384, 8192) + png(1, 1)[24:]
    # JPEGs of as many, by Huffman and arithmetic codes, and one of thousands of scans
    wider = [claims(jpeg(n, p)) for n in (1, 3) for p in (0, 1)]
    wider += [data.replace(b"\xFF\xC0", b"\xFF\xC9").replace(b"\xFF\xC2", b"\xFF\xCA") for data in wider]
    write(out + "/found", "picture", [huge, wide, *wider, jpeg(3, 1, again=1500)])
    # counters that are none: a sign, a space, too many digits
    write(out + "/found", "checkpoint", [checkpoint(seed="-1"), checkpoint(seed=" 5"), checkpoint(iteration=" 3"),
                                         checkpoint(iteration="+3"), checkpoint(seed="1" * 24),
                                         checkpoint(iteration="1" * 24), checkpoint(iteration="03")])


main(sys.argv[1])
