"""Attacks on whoever reads the results: numbers, depth, size, types, pictures."""

# Programs are text here, and some of their lines are long.
# ruff: noqa: E501

from __future__ import annotations

from attacks.attack import LIMITS, Attack, Evidence, Judge, every, is_unsafe, keeps_the_secret

_LIMITS = LIMITS.model_copy(update={"file_mib": 32, "folder_mib": 64})
_EXHAUSTED = ("Unable to allocate", "MemoryError", "out of memory")


def refuses(*checks: str) -> Judge:
    """Return a judgement that one of these checks refuses what was left.

    It has to do so soon, for a reason of its own, and in harmless words.
    """

    def judge(evidence: Evidence) -> str:
        said = evidence.stage.read(evidence.stage.workdir)
        if "fault" in said:
            return said["fault"]
        refusals = [said[check] for check in checks if said.get(check, "passed") != "passed"]
        if not refusals:
            return f"none of {checks} refuses it"
        for message in refusals:
            if any(words in message for words in _EXHAUSTED) or message.endswith("VTU file: "):
                return f"it was only refused for want of memory: {message}"
        return _odd(said) or keeps_the_secret(evidence)

    return judge


def _odd(said: dict[str, str]) -> str:
    """No message may be endless, fool a terminal, or be text that cannot be written."""
    for message in said.values():
        if len(message) > 2000:
            return f"a message has no bound: {message!r:.100}"
        if is_unsafe(message):
            return f"a message could fool a terminal: {message!r:.200}"
        if message.encode(errors="ignore").decode() != message:
            return f"a message cannot be written: {message!r:.200}"
    return ""


def _reads_soundly(evidence: Evidence) -> str:
    """Whatever is said, it is said soon and harmlessly."""
    said = evidence.stage.read(evidence.stage.workdir)
    return said.get("fault", "") or _odd(said)


_RESULTS, _FIELDS, _PICTURE = "contract:results", "contract:fields", "contract:picture:picture.png"

_JSON = """
def leave(text, name="results.json"):
    with open(name, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    note(name)

def quantity(value, name='"energy"', unit='"J/m"', more=""):
    return '{"quantities": [{"name": %s, "value": %s, "unit": %s%s}]}' % (name, value, unit, more)
"""
_VTU = (
    _JSON
    + """
import base64, struct, zlib

def array(name, numbers, kind="Float64", components=1, attributes=""):
    return (f'<DataArray type="{kind}" Name="{name}" NumberOfComponents="{components}" format="ascii"'
            f'{attributes}>{numbers}</DataArray>')

def vtu(points="0 0 0 1 0 0 1 1 0 0 1 0", displacement="0 0 0 0 0 0 0 0", connectivity="0 1 2 3",
        offsets="4", types="9", before="", head="", more="", kind="Int64"):
    return (f'<?xml version="1.0"?>{before}<VTKFile type="UnstructuredGrid" version="1.0" '
            f'byte_order="LittleEndian" header_type="UInt32" {head}><UnstructuredGrid>'
            f'<Piece NumberOfPoints="4" NumberOfCells="1"><Points>{array("Points", points, components=3)}'
            f'</Points><Cells>{array("connectivity", connectivity, kind)}{array("offsets", offsets, kind)}'
            f'{array("types", types, "UInt8")}</Cells><PointData>'
            f'{array("displacement", displacement, components=2)}{more}</PointData></Piece>'
            f'</UnstructuredGrid></VTKFile>')

def packed(block, count, told=None):
    "Return a compressed array of many equal blocks; it may tell another size than it has."
    part = zlib.compress(block, 9)
    size = len(block) if told is None else told
    head = struct.pack(f"<{3 + count}I", count, size, 0, *[len(part)] * count)
    return (base64.b64encode(head) + base64.b64encode(part * count)).decode()
"""
)
_PNG = (
    _JSON
    + """
import struct, zlib

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

def png(width, height, pixels, depth=8, colour=2, more=b""):
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", head) + more + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
"""
)
_ZLIB = ' compressor="vtkZLibDataCompressor"'
_PACKED_ARRAY = (
    '<DataArray type="Float64" Name="stress" NumberOfComponents="4" format="binary">{0}</DataArray>'
)

ATTACKS = (
    *(
        Attack(name, _JSON + f"leave(quantity({value!r}))\n", refuses(_RESULTS))
        for name, value in {
            "not-a-number": "NaN",
            "infinity": "-Infinity",
            "a-number-that-overflows": "1e999",
            "a-truth-value": "true",
            "a-number-in-quotes": '"12"',
            "a-list-for-a-number": "[1]",
        }.items()
    ),
    Attack(
        "an-integer-too-large-for-a-float",
        _JSON + 'leave(quantity("1" + "0" * 400))\n',
        refuses(_RESULTS),
    ),
    Attack(
        "an-integer-of-a-million-digits",
        _JSON + 'leave(quantity("1" + "0" * 1000000))\n',
        refuses(_RESULTS),
    ),
    Attack(
        "deep-json",
        _JSON + 'leave("[" * 1500000)\n',
        refuses(_RESULTS),
    ),
    Attack(
        "deep-json-in-a-quantity",
        _JSON + 'leave(quantity("1", more=\', "method": \' + "[" * 900000 + "]" * 900000))\n',
        refuses(_RESULTS),
    ),
    Attack(
        "keys-given-twice",
        _JSON + 'leave(quantity("1", more=\', "value": 2\'))\n',
        refuses(_RESULTS),
    ),
    Attack(
        "a-list-given-twice",
        _JSON + 'leave(\'{"quantities": [], "quantities": []}\')\n',
        refuses(_RESULTS),
    ),
    Attack(
        "large-json",
        _JSON + 'leave(quantity("1") + " " * (6 << 20))\n',
        refuses(_RESULTS),
        limits=_LIMITS,
    ),
    Attack(
        "many-quantities",
        _JSON
        + """
one = '{"name": "energy", "value": 1, "unit": "J/m"}'
leave('{"quantities": [' + ",".join([one] * 80000) + ']}')
""",
        refuses(_RESULTS, "contract:quantity:energy"),
        limits=_LIMITS,
    ),
    Attack(
        "names-with-escapes",
        _JSON + r"""leave(quantity("1", name='"\\u001b[2Jall is well\\u202e"'))""" + "\n",
        refuses(_RESULTS, "contract:quantity:energy"),
    ),
    Attack(
        "names-with-half-a-character",
        _JSON + r"""leave(quantity("1", name='"\\ud800"', unit='"\\udfff"'))""" + "\n",
        refuses(_RESULTS, "contract:quantity:energy"),
    ),
    Attack(
        "keys-with-escapes",
        _JSON + r"""leave('{"\\u001b[2J": 1, "\\u001b[2J": 2}')""" + "\n",
        refuses(_RESULTS),
    ),
    Attack(
        "names-without-end",
        _JSON + """leave(quantity("1", name='"' + "x" * 2000000 + '"'))\n""",
        refuses(_RESULTS, "contract:quantity:energy"),
    ),
    Attack(
        "units-that-compute-for-ever",
        _JSON
        + """
note("units")
leave('{"quantities": [' + ",".join(
    '{"name": "energy", "value": 1, "unit": "%s"}' % unit
    for unit in ["9**9**9**9 J/m"]) + ']}')
""",
        refuses(_RESULTS, "contract:quantity:energy"),
    ),
    Attack(
        "units-that-run-code",
        _JSON
        + """
leave(quantity("1", unit='"__import__(\\'os\\').system(\\'true\\')"'))
""",
        refuses(_RESULTS, "contract:quantity:energy"),
    ),
    Attack(
        "a-unit-of-a-million-factors",
        _JSON + """leave(quantity("1", unit='"' + "m*" * 1000000 + 'm"'))\n""",
        refuses(_RESULTS, "contract:quantity:energy"),
        limits=_LIMITS,
    ),
    Attack(
        "a-pickle-for-results",
        _JSON
        + r"""
leave(b"cos\nsystem\n(S'touch pickled'\ntR.")
leave(b"cos\nsystem\n(S'touch pickled'\ntR.", "fields.vtu")
""",
        every(
            refuses(_RESULTS),
            refuses(_FIELDS),
            lambda evidence: (
                "it was unpickled" if (evidence.stage.workdir / "pickled").exists() else ""
            ),
        ),
        tries=2,
    ),
    Attack(
        "links-to-the-log",
        _JSON
        + """
for name in ("results.json", "fields.vtu", "picture.png"):
    attempt(name, os.symlink, T["log"], name)
""",
        every(refuses(_RESULTS), refuses(_FIELDS), refuses(_PICTURE)),
        tries=3,
    ),
    Attack(
        "pipes-that-never-end",
        _JSON
        + """
for name in ("results.json", "fields.vtu", "picture.png"):
    attempt(name, os.mkfifo, name)
""",
        every(refuses(_RESULTS), refuses(_FIELDS), refuses(_PICTURE)),
        tries=3,
    ),
    Attack(
        "entities-that-multiply",
        _VTU
        + """
names = "abcdefghij"
lines = ['<!ENTITY a "1 ">'] + [f'<!ENTITY {n} "{("&" + m + ";") * 10}">' for m, n in zip(names, names[1:])]
leave(vtu(before=f"<!DOCTYPE x [{''.join(lines)}]>", displacement="&j;"), "fields.vtu")
""",
        refuses(_FIELDS),
    ),
    Attack(
        "entities-from-files",
        _VTU
        + """
before = f'<!DOCTYPE x [<!ENTITY log SYSTEM "file://{T["log"]}">]>'
leave(vtu(before=before, displacement="&log;"), "fields.vtu")
""",
        refuses(_FIELDS),
    ),
    Attack(
        "elements-without-end",
        _VTU + 'leave("<VTKFile>" + "<a>" * 2000000, "fields.vtu")\n',
        refuses(_FIELDS),
        limits=_LIMITS,
    ),
    Attack(
        "a-search-without-end",
        _VTU + 'leave("<AppendedData " * 30000, "fields.vtu")\n',
        refuses(_FIELDS),
    ),
    Attack(
        "fields-that-are-not-finite",
        _VTU + 'leave(vtu(displacement="0 0 nan 0 0 inf 0 0"), "fields.vtu")\n',
        refuses(_FIELDS),
    ),
    Attack(
        "points-that-overflow",
        _VTU + 'leave(vtu(points="0 0 0 1e308 0 0 1e308 1e308 0 -1e308 1e308 0"), "fields.vtu")\n',
        _reads_soundly,
    ),
    Attack(
        "points-that-do-not-exist",
        _VTU + 'leave(vtu(connectivity="0 1 2 9223372036854775807"), "fields.vtu")\n',
        refuses(_FIELDS),
    ),
    Attack(
        "points-before-the-first",
        _VTU + 'leave(vtu(connectivity="0 1 2 -1"), "fields.vtu")\n',
        refuses(_FIELDS),
    ),
    Attack(
        "offsets-beyond-the-end",
        _VTU + 'leave(vtu(offsets="4611686018427387904"), "fields.vtu")\n',
        refuses(_FIELDS),
    ),
    Attack(
        "indices-that-are-no-numbers",
        _VTU + 'leave(vtu(connectivity="nan inf 1e300 -inf", kind="Float64"), "fields.vtu")\n',
        refuses(_FIELDS),
    ),
    Attack(
        "components-without-end",
        _VTU
        + """
more = array("stress", "1 2 3 4", components=10**30)
leave(vtu(more=more), "fields.vtu")
""",
        refuses(_FIELDS),
    ),
    Attack(
        "an-array-that-unpacks-to-gigabytes",
        _VTU
        + f"""
more = {_PACKED_ARRAY!r}.format(packed(bytes(1 << 20), 4096))
leave(vtu(more=more, head='{_ZLIB}'), "fields.vtu")
""",
        refuses(_FIELDS),
        limits=_LIMITS,
    ),
    Attack(
        "an-array-larger-than-the-mesh",
        # 1 GiB, which no mesh of four points has a use for.
        _VTU
        + f"""
more = {_PACKED_ARRAY!r}.format(packed(bytes(1 << 20), 1024))
leave(vtu(more=more, head='{_ZLIB}'), "fields.vtu")
""",
        refuses(_FIELDS),
        limits=_LIMITS,
    ),
    Attack(
        "an-array-that-hides-its-size",
        _VTU
        + f"""
more = {_PACKED_ARRAY!r}.format(packed(bytes(24 << 20), 40, told=32))
leave(vtu(more=more, head='{_ZLIB}'), "fields.vtu")
""",
        refuses(_FIELDS),
        limits=_LIMITS,
    ),
    Attack(
        "a-dictionary-of-gigabytes",
        _VTU
        + f"""
import lzma
part = bytearray(lzma.compress(bytes(32)))
# The header of the first block tells how large a dictionary is needed: 40 says 4 GiB.
length = (part[12] + 1) * 4
part[16] = 40
part[12 + length - 4 : 12 + length] = struct.pack("<I", zlib.crc32(part[12 : 12 + length - 4]))
head = base64.b64encode(struct.pack("<4I", 1, 32, 0, len(part))).decode()
more = {_PACKED_ARRAY!r}.format(head + base64.b64encode(part).decode())
leave(vtu(more=more, head=' compressor="vtkLZMADataCompressor"'), "fields.vtu")
""",
        refuses(_FIELDS),
    ),
    Attack(
        "blocks-without-end",
        _VTU
        + f"""
head = base64.b64encode(struct.pack("<I", 0xFFFFFFFF)).decode()
more = {_PACKED_ARRAY!r}.format(head + "A" * 1000)
leave(vtu(more=more, head='{_ZLIB}'), "fields.vtu")
""",
        refuses(_FIELDS),
    ),
    Attack(
        "a-picture-of-a-hundred-gigapixels",
        _PNG + 'leave(png(0x7FFFFFFF, 0x7FFFFFFF, zlib.compress(bytes(1000))), "picture.png")\n',
        refuses(_PICTURE),
    ),
    Attack(
        "a-picture-that-unpacks-to-gigabytes",
        _PNG
        + """
packer = zlib.compressobj(9)
first = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
# From a full flush on nothing of what came before is used, so one block can be repeated.
again = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
pixels = first + again * 1200
leave(png(19999, 19999, pixels), "picture.png")
""",
        refuses(_PICTURE),
        limits=_LIMITS,
    ),
    Attack(
        "a-picture-with-a-false-length",
        _PNG
        + """
good = png(100, 100, zlib.compress(os.urandom(30100)))
leave(good[:33] + struct.pack(">I", 0xFFFFFFF0) + good[37:], "picture.png")
""",
        refuses(_PICTURE),
    ),
    Attack(
        "a-picture-of-a-million-parts",
        _PNG
        + """
leave(png(100, 100, b"", more=chunk(b"tEXt", b"x") * 400000), "picture.png")
""",
        refuses(_PICTURE),
        limits=_LIMITS,
    ),
    Attack(
        "a-page-for-a-picture",
        _PNG
        + """
leave("<svg onload='alert(1)' xmlns='http://www.w3.org/2000/svg'/>", "picture.png")
""",
        refuses(_PICTURE),
    ),
    Attack(
        "folders-for-files",
        """
for name in ("results.json", "fields.vtu", "picture.png"):
    attempt(name, os.mkdir, name)
""",
        every(refuses(_RESULTS), refuses(_FIELDS), refuses(_PICTURE)),
        tries=3,
    ),
)
"""All of this group."""
GOOD = (
    _VTU
    + _PNG
    + """
leave(quantity("1"))
leave(vtu(), "fields.vtu")
leave(png(100, 100, zlib.compress(os.urandom(30100))), "picture.png")
"""
)
"""A program that leaves what every check here accepts, to show that the reader reads."""
