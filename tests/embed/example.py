#!/usr/bin/env python3
"""Pictures by a generator that aggen has written as faces.h and faces.c, from Python: one picture of a seed, and a walk
between two latents, eight pictures in a column.

    aggen out/run/genotype.json --weights out/run/retrain/ema.safetensors --embed faces -o .
    cc -O3 -march=native -fno-math-errno -fno-trapping-math -shared -fPIC -o faces.so faces.c -lm
    python3 example.py ./faces.so picture.png walk.png
"""
import ctypes
import json
import math
import os
import random
import struct
import sys
import zlib


class Generator:
    """A library and memory for it to draw in. Threads that draw at the same time need one each."""

    def __init__(self, path):
        library = ctypes.CDLL(os.path.abspath(path))
        name = os.path.basename(path).split(".")[0]
        memory, init, self._generate, info = (
            getattr(library, f"{name}_{function}") for function in ("memory", "init", "generate", "info"))
        memory.restype, info.restype = ctypes.c_size_t, ctypes.c_char_p
        init.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
        self._generate.argtypes = [
            ctypes.c_void_p, ctypes.POINTER(ctypes.c_float), ctypes.c_ulonglong, ctypes.c_long, ctypes.c_long,
            ctypes.c_double, ctypes.POINTER(ctypes.c_float), ctypes.c_void_p]
        self.info = json.loads(info())
        self._memory = ctypes.create_string_buffer(memory())
        self._check(init(self._memory, len(self._memory)))

    @staticmethod
    def _check(status):
        if status != 0:
            raise RuntimeError(f"the generator returned {status}")

    def draw(self, count=1, first=0, seed=0, psi=1.0, latents=None):
        """The pixels of pictures first, first + 1, … of a seed, or of latents, a list of `latent` numbers for each."""
        if not (0 <= seed < 2**64 and 0 <= first <= first + count <= 2**32):  # ctypes would cut off what is beyond
            raise ValueError(f"no seed of 64 bits, or no picture's number of 32: {seed}, {first} to {first + count}")
        pixels = ctypes.create_string_buffer(count * self.info["size"] ** 2 * self.info["channels"])
        if latents is not None:
            numbers = [number for latent in latents for number in latent]
            if len(numbers) != count * self.info["latent"]:
                raise ValueError(f"{self.info['latent']} numbers for each of {count} pictures, not {len(numbers)}")
            latents = (ctypes.c_float * len(numbers))(*numbers)
        self._check(self._generate(self._memory, latents, seed, first, count, psi, None, pixels))
        return pixels.raw

    def walk(self, start, end, count):
        """Pictures on the way from one latent to another: along an arc, on which latents stay normally distributed.
        They are drawn one by one, each as picture 0, so that all have the same noise."""
        pixels = b""
        for i in range(count):
            angle = math.pi / 2 * i / (count - 1)
            latent = [math.cos(angle) * a + math.sin(angle) * b for a, b in zip(start, end)]
            pixels += self.draw(latents=[latent])
        return pixels


def write_png(path, pixels, width, channels):
    """Pixels as a PNG file: rows of so many pixels, of three channels, or of one, which is grey."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = width * channels
    rows = [b"\0" + pixels[i:i + row] for i in range(0, len(pixels), row)]
    header = struct.pack(">IIBBBBB", width, len(rows), 8, 2 if channels == 3 else 0, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"".join(rows))) +
                   chunk(b"IEND", b""))


def main(library, picture, walk):
    generator = Generator(library)
    size, channels, latent = (generator.info[key] for key in ("size", "channels", "latent"))
    print(json.dumps(generator.info))
    write_png(picture, generator.draw(seed=5), size, channels)
    normal = random.Random(5).gauss
    start, end = ([normal(0, 1) for _ in range(latent)] for _ in range(2))
    write_png(walk, generator.walk(start, end, 8), size, channels)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: example.py LIBRARY PICTURE.png WALK.png")
    main(*sys.argv[1:])
