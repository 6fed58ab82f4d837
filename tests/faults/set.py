#!/usr/bin/env python3
"""set.py FILE KEY=TEXT: sets one of the metadata of a safetensors file, _ being a space."""
import json, struct, sys

with open(sys.argv[1], "rb") as file:
    data = file.read()
(size,) = struct.unpack("<Q", data[:8])
header = json.loads(data[8:8 + size])
key, text = sys.argv[2].split("=", 1)
if key not in header["__metadata__"]:
    sys.exit("%s: no %s" % (sys.argv[1], key))
header["__metadata__"][key] = text.replace("_", " ")
header = json.dumps(header).encode()
with open(sys.argv[1], "wb") as file:
    file.write(struct.pack("<Q", len(header)) + header + data[8 + size:])
