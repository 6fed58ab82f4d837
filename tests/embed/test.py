"""Checks of example.py: test.py LIBRARY FAMILY PICTURE.png WALK.png, the files that it has written."""
import random
import struct
import sys
import threading
import zlib

from counts import check, close
from example import Generator


def read_png(path):
    """Width, height and pixels of a file that example.py has written: rows without a filter, every checksum right."""
    data = open(path, "rb").read()
    check(data[:8] == b"\x89PNG\r\n\x1a\n", path)
    at, body, header = 8, b"", ()
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        chunk = data[at + 8:at + 8 + size]
        check(struct.unpack(">I", data[at + 8 + size:at + 12 + size])[0] == zlib.crc32(kind + chunk), f"{path}: {kind}")
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", chunk)
        if kind == b"IDAT":
            body += chunk
        at += size + 12
    width, height, rows = header[0], header[1], zlib.decompress(body)
    step = len(rows) // height
    return width, height, b"".join(rows[y * step + 1:(y + 1) * step] for y in range(height))


def main(library, family, picture, walk):
    generator = Generator(library)
    info = generator.info
    check((info["family"], info["size"], info["channels"], info["weights"]) == (family, 16, 3, "fp32"), info)
    check(info["parameters"] > 1000 and len(info["hash"]) == 16, info)
    check("ops" in info["genotype"] and "spec" not in info["genotype"], info)

    check(read_png(picture) == (16, 16, generator.draw(seed=5)), "the picture of seed 5")
    width, height, pixels = read_png(walk)
    check((width, height) == (16, 8 * 16), "the size of a walk")
    frames = [pixels[i:i + 768] for i in range(0, len(pixels), 768)]
    normal = random.Random(5).gauss
    start, end = ([normal(0, 1) for _ in range(info["latent"])] for _ in range(2))
    check(frames[0] == generator.draw(latents=[start]), "the start of a walk")
    near = max(abs(a - b) for a, b in zip(frames[-1], generator.draw(latents=[end])))
    check(near <= 1, "the end of a walk")
    check(len(set(frames)) == 8, "frames of a walk")
    check(generator.draw(3, seed=5)[-768:] == generator.draw(seed=5, first=2), "picture 2 of three, and alone")

    results = [None, None]

    def draw(i):
        results[i] = Generator(library).draw(20, first=20 * i, seed=5)

    threads = [threading.Thread(target=draw, args=[i]) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(b"".join(results) == generator.draw(40, seed=5), "two threads")
    for wrong in ({"latents": [[0.0]]}, {"latents": [[float("inf")] * info["latent"]]}, {"psi": float("nan")}, {"seed": -1},
                  {"seed": 2**64}, {"first": -1}, {"first": 2**32}, {"first": 2**64}, {"count": -1}):
        try:
            generator.draw(**wrong)
            check(False, f"a wrong call: {wrong}")
        except (RuntimeError, ValueError):
            check(True, "")
    close()


if __name__ == "__main__":
    main(*sys.argv[1:])
