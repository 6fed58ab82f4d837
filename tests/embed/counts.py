"""What the Python tests of this folder count."""
passed = failed = 0


def check(ok, what):
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        print("FAILED:", what)


def close():
    print(f"{passed} passed, {failed} failed")
