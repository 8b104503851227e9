"""Notes its start, does what `mischief` says on the first, waits for `go`, writes its output."""

import os
import sys
import time
from pathlib import Path

number, code, output = sys.argv[1:]
starts = Path(f"starts-{number}")
first = not starts.exists()
with starts.open("a") as file:
    file.write(f"{os.environ['SLURM_JOB_ID']} {os.getpid()}\n")
mischief = Path("mischief")
if mischief.exists() and mischief.read_text() == "fail":
    sys.exit("as the test wants")
if first and mischief.exists():
    if mischief.read_text() == "sleep":
        time.sleep(600)
    if mischief.read_text() == "memory":
        block = bytearray(os.urandom(1000)) * 500_000
        time.sleep(30)
        sys.exit("was not killed")
while not Path("go").exists():
    time.sleep(0.1)
part = Path(f"{output}.{os.getpid()}.part")
part.write_text(f"{number} {code}\n")
part.rename(output)
