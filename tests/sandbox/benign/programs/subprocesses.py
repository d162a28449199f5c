"""Other programs: the same interpreter, a shell, a pipe, and one that fails."""

import asyncio
import subprocess
import sys

code = "import sys, numpy; print(int(numpy.arange(4).sum()), sys.stdin.read())"
done = subprocess.run(
    [sys.executable, "-c", code], input="told", capture_output=True, text=True, check=True
)
assert done.stdout.strip() == "6 told", done
assert subprocess.check_output("echo one | tr o 0", shell=True, text=True).strip() == "0ne"
failed = subprocess.run([sys.executable, "-c", "raise SystemExit(3)"], check=False)
assert failed.returncode == 3
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
child.terminate()
assert child.wait() == -15
try:
    subprocess.run([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.3, check=True)
except subprocess.TimeoutExpired:
    pass
else:
    raise AssertionError("the time-out did not work")


async def main() -> None:
    """Run one under asyncio."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "print('awaited')", stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert out.strip() == b"awaited"


asyncio.run(main())
print("fine")
