"""Temporary files and folders, moved into place; locks and maps of files."""

import fcntl
import mmap
import os
import shutil
import tempfile
from pathlib import Path

with tempfile.TemporaryDirectory() as folder:
    inside = Path(folder) / "part.txt"
    inside.write_text("part")
    shutil.copy(inside, "copied.txt")
    shutil.copy2(inside, "copied-with-times.txt")
    shutil.move(inside, "moved.txt")
with tempfile.NamedTemporaryFile("w+", suffix=".dat") as file:
    file.write("held")
    file.flush()
    assert Path(file.name).read_text() == "held"
with tempfile.TemporaryFile() as file, tempfile.SpooledTemporaryFile(10) as spooled:
    file.write(b"x" * 100_000)
    spooled.write(b"y" * 100)
    file.seek(0)
    assert len(file.read()) == 100_000
Path("mapped.bin").write_bytes(bytes(8192))
with open("mapped.bin", "r+b") as file:  # noqa: PTH123
    fcntl.flock(file, fcntl.LOCK_EX)
    with mmap.mmap(file.fileno(), 0) as area:
        area[:4] = b"data"
Path("deep/er").mkdir(parents=True)
Path("deep/er/file.txt").write_text("deep")
os.replace("moved.txt", "deep/moved.txt")  # noqa: PTH105
Path("deep/er/file.txt").chmod(0o644)
Path("link.txt").symlink_to("copied.txt")
assert Path("link.txt").read_text() == "part"
Path("link.txt").unlink()
os.utime("copied.txt", (1, 1))
assert sorted(p.name for p in Path("deep").rglob("*")) == ["er", "file.txt", "moved.txt"]
assert shutil.disk_usage(".").free > 0
shutil.make_archive("packed", "zip", "deep")
print("fine")
