"""A program reads its inputs, imports a helper, and knows the machine as far as it should."""

import json
import locale
import logging
import os
import platform
import random
import sqlite3
import ssl
import sys
import time
import uuid
import zoneinfo
from decimal import Decimal
from pathlib import Path

import helper

import mechagents.kit

given = json.loads(Path("settings.json").read_text())
assert given == {"refinement": 3}
assert helper.double(given["refinement"]) == 6
assert Path(__file__).name == "program.py"
assert os.cpu_count()
assert len(os.urandom(16)) == 16
assert uuid.uuid4() != uuid.uuid4()
assert random.random() < 1
assert time.strftime("%Y") > "2000"
assert platform.machine()
assert platform.python_version() == sys.version.split()[0]
assert Path.home().is_dir()
assert Path.cwd().is_dir()
assert sys.stdin.read() == ""
assert locale.getpreferredencoding(False).lower().replace("-", "") == "utf8"
assert ssl.OPENSSL_VERSION
assert Decimal(1) / 3 < 1
assert zoneinfo.ZoneInfo("UTC").key == "UTC"
with sqlite3.connect("data.sqlite") as base:
    base.execute("create table t (x)")
    base.execute("insert into t values (7)")
    assert base.execute("select x from t").fetchone() == (7,)
base.close()
logging.basicConfig(filename="run.log", level=logging.INFO)
logging.info("begun")
assert mechagents.kit.__doc__
Path("settings.json").write_text(json.dumps({"changed": True}))
print("fine")
