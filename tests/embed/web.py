"""Checks of serve.c: web.py SERVE PIXELS, its program and the pixels of picture 0 of seed 5. In headless Chromium too,
where there is one."""
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zlib

from counts import check, close

SIZE, SCALE, MARGIN = 16, 20, 8  # of a picture, of the page's pixels, of its body


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.headers["Content-Type"], answer.read()


def pixels_of_bmp(bmp):
    """Red, green, blue of a bitmap of SIZE rows from the top."""
    magic, size, _, offset, head, width, height, planes, bits = struct.unpack("<2sIIIIiihh", bmp[:30])
    check((magic, size, head, width, height, planes, bits) == (b"BM", len(bmp), 40, SIZE, -SIZE, 1, 24), bmp[:54])
    body = bmp[offset:]
    return b"".join(body[i:i + 3][::-1] for i in range(0, len(body), 3))


def ask(port, request):
    """The status of the answer to these bytes, after which nothing comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while part := client.recv(65536):
            answer += part
    return answer.split(b" ")[1] if answer.startswith(b"HTTP/1.0 ") else answer


def check_requests(port):
    """What is no request for a picture gets no picture."""
    for path in ("0x10.bmp", "-1.bmp", "+1.bmp", "%205.bmp", ".bmp", "5", "5.", "5.bm", "5.BMP", "5.bmpx", "5.bmp/", "5.bmp?", "/5.bmp",
                 "5e1.bmp", f"{2**64}.bmp", f"{2**65 + 5}.bmp", "9" * 25 + ".bmp", "1" * 5000 + ".bmp", "favicon.ico", "index"):
        status = ask(port, f"GET /{path} HTTP/1.0\r\n\r\n".encode())
        check(status == b"404", f"GET /{path}: {status}")
    head = b" HTTP/1.0\r\n\r\n"
    for request, right in ((b"GET /5.bmp" + head, b"200"), (b"GET /" + b"0" * 5000 + b"5.bmp" + head, b"200"),
                           (b"GET /5.bmp HTTP/1.1\r\nHost: localhost\r\n\r\n", b"200"), (b"GET 5.bmp" + head, b"404"),
                           (b"POST /5.bmp" + head, b"405"), (b"HEAD /5.bmp" + head, b"405"), (b"get /5.bmp" + head, b"405"),
                           (b"GETS /5.bmp" + head, b"405"), (b" /5.bmp" + head, b"405"), (b"GET /5.bmp\r\n\r\n", b"400"),
                           (b"GET /5.bmp HTTP/1.0\r\n", b"400"), (b"GET /5.bmp HTTP/2.0\r\n\r\n", b"400"),
                           (b"GET /5.bmp HTTP/1.0x\r\n\r\n", b"400"), (b"GET /5.bmp HTTP/1.\r\n\r\n", b"400"),
                           (b"GET\r\n /5.bmp" + head, b"400"), (b"GET /5.bmp\0 HTTP/1.0\r\n\r\n", b"400"),
                           (b"GET /5.bmp\0" + head, b"400"), (b"\r\n\r\n", b"400"), (b"", b"400"), (bytes(range(256)), b"400"),
                           (b"GET /" + b"1" * 9000 + b".bmp" + head, b"431"), (b"x" * 100000, b"431"),
                           (b"GET /5.bmp HTTP/1.0\r\nCookie: " + b"c" * 100000 + b"\r\n\r\n", b"431")):
        status = ask(port, request)
        check(status == right, f"{request[:60]}: {status}")


def check_ports(serve):
    for words in ([], [""], ["0"], ["-1"], ["65536"], ["80a"], ["0x50"], [" 80"], [str(2**64 + 80)], ["80", "81"]):
        try:
            ended = subprocess.run([serve] + words, capture_output=True, timeout=5)
            check(ended.returncode == 2 and ended.stderr.count(b"\n") == 1, f"port {words}: {ended}")
        except subprocess.TimeoutExpired:
            check(False, f"port {words}: it serves")


def check_http(url, port, pixels):
    kind, page = get(url)
    check(kind == "text/html" and b"<img" in page, page)
    kind, bmp = get(url + "5.bmp")
    check(kind == "image/bmp" and pixels_of_bmp(bmp) == pixels, "the picture of seed 5")
    check(get(url + "6.bmp")[1] != bmp, "the picture of seed 6")
    check(get(url + f"{2**64 - 1}.bmp")[0] == "image/bmp", "the last seed")
    try:
        get(url + "favicon.ico")
        check(False, "a page that is not there")
    except urllib.error.HTTPError as error:
        check(error.code == 404, error)
    with socket.create_connection(("127.0.0.1", port)) as idle:  # one who asks for nothing
        check(get(url + "5.bmp")[1] == bmp, "a picture beside an idle connection")
        idle.sendall(b"GET /5")
        time.sleep(0.1)
        idle.sendall(b".bmp HTTP/1.0\r\n\r\n")
        answer = b""
        while part := idle.recv(65536):
            answer += part
        check(answer.endswith(bmp), "a request in two parts")


def read_png(path):
    """Width, channels and rows of a picture of 8 bits."""
    data = open(path, "rb").read()
    at, body = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IHDR":
            width, height, _, colour = struct.unpack(">IIBB", data[at + 8:at + 18])
        if kind == b"IDAT":
            body += data[at + 8:at + 8 + size]
        at += size + 12
    body, n = zlib.decompress(body), {2: 3, 6: 4}[colour]
    rows, above = [], bytes(width * n)
    for y in range(height):
        kind, *row = body[y * (width * n + 1):(y + 1) * (width * n + 1)]
        for i in range(width * n):
            a, b, c = row[i - n] if i >= n else 0, above[i], above[i - n] if i >= n else 0
            nearest = min((a, b, c), key=lambda value: abs(a + b - c - value))
            row[i] = row[i] + (0, a, b, (a + b) // 2, nearest)[kind] & 255
        rows.append(row)
        above = row
    return n, rows


def check_browser(browser, url, pixels):
    with tempfile.TemporaryDirectory() as folder:
        shot = os.path.join(folder, "page.png")
        words = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}/data",
                 "--force-color-profile=srgb", "--window-size=400,500", "--virtual-time-budget=5000", url]
        page = subprocess.run(words[:-1] + ["--dump-dom", url], capture_output=True, timeout=60).stdout
        check(b"<output>16 x 16 pixels</output>" in page, f"the page in a browser: {page}")
        subprocess.run(words[:-1] + [f"--screenshot={shot}", url], capture_output=True, timeout=60)
        n, rows = read_png(shot)
        seen = b"".join(bytes(rows[MARGIN + SCALE * y + SCALE // 2][n * x:n * x + 3]) for y in range(SIZE)
                        for x in range(MARGIN + SCALE // 2, MARGIN + SCALE * SIZE, SCALE))
        check(seen == pixels, "the picture in a browser")


def main(serve, pixels):
    pixels = open(pixels, "rb").read()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    server = subprocess.Popen([serve, str(port)])
    try:
        for _ in range(50):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        check_http(url, port, pixels)
        check_requests(port)
        check_ports(serve)
        if browser:
            check_browser(browser, url, pixels)
        else:
            print("skipped: a browser: there is no chromium")
        again = subprocess.run([serve, str(port)], capture_output=True)
        check(again.returncode == 1 and again.stderr.count(b"\n") == 1, f"a port in use: {again}")
        check(server.poll() is None, "the server stays")
    finally:
        server.kill()
        server.wait()
    close()


if __name__ == "__main__":
    main(*sys.argv[1:])
