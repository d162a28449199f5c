"""A bounded reader of VTU files (VTK XML, unstructured grid) from programs that are not trusted.

It knows what meshio and VTK write: text, base64 and raw data, inline or appended, plain or
compressed by zlib or lzma. It refuses document types and entities, and unpacks no more than
each block announces.

References:
    VTK XML file formats, https://docs.vtk.org/en/latest/design_documents/VTKFileFormats.html
"""

from __future__ import annotations

import base64
import lzma
import re
import xml.parsers.expat
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from mechagents.verification.elements import FloatArray, IntArray

UNPACKED_BYTES = 2**30
"""The most that all arrays of a file may unpack to."""
DICTIONARY_BYTES = 2**27
"""The most that unpacking by lzma may take; its highest setting needs 65 MiB."""
TEXT_BYTES = 128 * 2**20
"""The most characters that arrays written as text may have, in all."""
_PIECE = 2**20
_COMPONENTS = 9
"""The most numbers that a place of the mesh may have of one field."""
_RAW = re.compile(rb"encoding\s*=\s*[\"']raw[\"']")
_GAP = re.compile(r"\s")
_TYPES = {
    "Float32": "f4", "Float64": "f8", "Int8": "i1", "Int16": "i2", "Int32": "i4", "Int64": "i8",
    "UInt8": "u1", "UInt16": "u2", "UInt32": "u4", "UInt64": "u8",
}  # fmt: skip


@dataclass
class _Array:
    """A data array as the file describes it, not decoded yet."""

    attributes: dict[str, str]
    text: list[str] = field(default_factory=list[str])


@dataclass
class _File:
    attributes: dict[str, str] = field(default_factory=dict[str, str])
    pieces: int = 0
    arrays: dict[tuple[str, str], _Array] = field(default_factory=dict[tuple[str, str], _Array])
    appended: bytes = b""
    appended_encoding: str = ""
    most: int = UNPACKED_BYTES
    unpacked: int = 0
    characters: int = 0


@dataclass(frozen=True, eq=False)
class Grid:
    """An unstructured grid as the file holds it."""

    points: FloatArray
    """Shape (points, 3)."""
    connectivity: IntArray
    offsets: IntArray
    types: IntArray
    point_data: dict[str, FloatArray]
    cell_data: dict[str, FloatArray]
    rounding: float
    """Relative rounding of points and displacement: of Float32, of text, or of a solver."""


def parse_vtu(
    content: bytes, modes: int = 0, *, every: bool = False, most: int = UNPACKED_BYTES
) -> Grid:
    """Return the grid of a VTU file, with the arrays named displacement and stress.

    Args:
        content: The file.
        modes: How many arrays ``mode_1``, ``mode_2`` ... are read too, if they are there.
        every: Whether all arrays at points and of cells are read, whatever their names.
        most: Bytes that all arrays may unpack to.

    Raises:
        ValueError: If the file is no VTU file, is damaged, or unpacks to too much.
    """
    try:
        file = _scan(content)
        file.most = most
        names = tuple(f"mode_{i + 1}" for i in range(modes))
        return _grid(file, None if every else ("displacement", "stress", *names), names)
    except (xml.parsers.expat.ExpatError, zlib.error, lzma.LZMAError, KeyError) as error:
        raise ValueError(f"no readable VTU file: {type(error).__name__} {error!s:.200}") from error
    except (OverflowError, IndexError, TypeError, MemoryError) as error:
        raise ValueError(f"damaged VTU file: {error!s:.200}") from error


def _scan(content: bytes) -> _File:
    file = _File()
    raw = _raw_begins(content)
    if raw:
        file.appended, content = content[raw:], content[:raw]
    section, open_array, appended = [""], list[_Array](), list[str]()

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "VTKFile":
            file.attributes = attributes
        elif tag == "Piece":
            file.pieces += 1
        elif tag == "AppendedData":
            file.appended_encoding = attributes.get("encoding", "base64")
        elif tag == "DataArray":
            array = _Array(attributes)
            file.arrays[section[-1], attributes.get("Name", "")] = array
            open_array.append(array)
        section.append(tag)

    def end(tag: str) -> None:
        section.pop()
        if tag == "DataArray":
            open_array.pop()

    def text(data: str) -> None:
        if open_array:
            open_array[-1].text.append(data)
        elif section[-1] == "AppendedData":
            appended.append(data)

    def refuse(*_: object) -> None:
        raise ValueError("a VTU file needs no document type and no entities")

    parser = xml.parsers.expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.Parse(content, not raw)
    if file.appended_encoding == "base64":
        file.appended = "".join(appended).strip().removeprefix("_").encode("ascii")
    return file


def _raw_begins(content: bytes) -> int:
    """Return where raw data begins, which is no XML any more; 0 if there is none."""
    start = content.find(b"<AppendedData")
    end = content.find(b">", start) + 1
    if start < 0 or not end or not _RAW.search(content, start, end):
        return 0
    mark = re.compile(rb"\s*_").match(content, end)
    return mark.end() if mark else 0


def _grid(file: _File, wanted: tuple[str, ...] | None, modes: tuple[str, ...]) -> Grid:
    if file.attributes.get("type") != "UnstructuredGrid" or file.pieces != 1:
        raise ValueError("a VTU file with one piece of an unstructured grid is needed")
    where = {name: key for key in file.arrays for name in [key[1]] if key[0] == "Points"}
    if not where:
        raise ValueError("the file has no points")
    points = _decode(file, file.arrays[next(iter(where.values()))])
    cells = {
        n: _decode(file, file.arrays["Cells", n]) for n in ("connectivity", "offsets", "types")
    }
    data = {
        section: {
            name: _decode(file, array, most=8 * _COMPONENTS * places)
            for (place, name), array in file.arrays.items()
            if place == section and _is_wanted(name, array, wanted)
        }
        for section, places in (("PointData", len(points)), ("CellData", cells["types"].size))
    }
    moved = [file.arrays.get(("PointData", name)) for name in ("displacement", *modes)]
    meant = [file.arrays[next(iter(where.values()))], *moved]
    return Grid(
        points=points.astype(np.float64),
        connectivity=cells["connectivity"].ravel().astype(np.int64),
        offsets=cells["offsets"].ravel().astype(np.int64),
        types=cells["types"].ravel().astype(np.int64),
        point_data={k: v.astype(np.float64) for k, v in data["PointData"].items()},
        cell_data={k: v.astype(np.float64) for k, v in data["CellData"].items()},
        rounding=max(_rounding(array) for array in meant if array is not None),
    )


def _is_wanted(name: str, array: _Array, wanted: tuple[str, ...] | None) -> bool:
    """Return whether an array is read; of all, those that hold no numbers are left out."""
    return array.attributes.get("type") in _TYPES if wanted is None else name in wanted


def _rounding(array: _Array) -> float:
    """Return the relative rounding of stored numbers; text is taken to have twelve digits."""
    if array.attributes["type"] == "Float32":
        return 1e-7
    return 2e-11 if array.attributes.get("format", "ascii") == "ascii" else 1e-12


def _decode(file: _File, array: _Array, most: int = UNPACKED_BYTES) -> FloatArray:
    """Return a data array, of at most so many bytes where it is compressed."""
    order = "<" if file.attributes.get("byte_order", "LittleEndian") == "LittleEndian" else ">"
    kind = np.dtype(order + _TYPES[array.attributes["type"]])
    form = array.attributes.get("format", "ascii")
    text = "".join(array.text)
    if form == "ascii":
        file.characters += len(text)
        if file.characters > TEXT_BYTES:
            limit = f"more than {TEXT_BYTES // 2**20} MiB of numbers as text"
            raise ValueError(f"{limit}; write fields.vtu in binary, as meshio does by default")
        values = _numbers(text, kind.newbyteorder("="), most)
    elif form == "binary":
        stripped = text.strip().encode("ascii")
        values = np.frombuffer(_unpack(file, stripped, most, encoded=True), dtype=kind)
    else:
        start = int(array.attributes["offset"])
        encoded = file.appended_encoding == "base64"
        data = _unpack(file, file.appended[start:], most, encoded=encoded)
        values = np.frombuffer(data, dtype=kind)
    components = int(array.attributes.get("NumberOfComponents", "1"))
    if components < 1 or values.size % components:
        raise ValueError(f"{array.attributes.get('Name')}: not a multiple of {components} numbers")
    return values.reshape(-1, components) if components > 1 else values


def _numbers(text: str, kind: np.dtype[np.float64], most: int) -> FloatArray:
    """Return numbers written as text, read in pieces: a string apiece takes many times as much."""
    parts, size, start = [np.zeros(0, kind)], 0, 0
    while start < len(text):
        end = _GAP.search(text, start + _PIECE)
        stop = end.start() if end else len(text)
        parts.append(np.array(text[start:stop].split(), dtype=np.float64).astype(kind))
        size += parts[-1].size
        if 8 * size > most:
            raise ValueError("an array has more numbers than the mesh has places for")
        start = stop
    return np.concatenate(parts)


def _unpack(file: _File, data: bytes, most: int, *, encoded: bool) -> bytes:
    word = np.dtype("<u8" if file.attributes.get("header_type") == "UInt64" else "<u4")
    if file.attributes.get("byte_order") == "BigEndian":
        word = word.newbyteorder(">")
    compressor = file.attributes.get("compressor")
    if compressor is None:
        head, size = _head(data, word, 1, encoded=encoded)
        return _take(data, size, int(head[0]), encoded=encoded)
    blocks = int(_head(data, word, 1, encoded=encoded)[0][0])
    if blocks > len(data):
        raise ValueError("more blocks than bytes")
    head, size = _head(data, word, 3 + blocks, encoded=encoded)
    full, last, packed = int(head[1]), int(head[2]), [int(n) for n in head[3:]]
    sizes = [full] * blocks
    if blocks and last:
        sizes[-1] = last
    file.unpacked += sum(sizes)
    if sum(sizes) > most:
        raise ValueError("an array unpacks to more numbers than the mesh has places for")
    if file.unpacked > file.most:
        raise ValueError(f"the arrays unpack to more than {file.most // 2**20} MiB")
    # The header and the blocks are encoded apart, each padded by itself.
    start = -(-size // 3) * 4 if encoded else size
    body = _plain(data[start:], sum(packed), encoded=encoded)
    ends = np.cumsum([0, *packed]).tolist()
    unpack = _UNPACK[compressor]
    parts = [unpack(body[a:b], n) for a, b, n in zip(ends, ends[1:], sizes, strict=False)]
    return b"".join(parts)


def _head(
    data: bytes, word: np.dtype[np.uint64], count: int, *, encoded: bool
) -> tuple[IntArray, int]:
    size = count * word.itemsize
    values = np.frombuffer(_plain(data, size, encoded=encoded), dtype=word, count=count)
    if values.max(initial=0) > np.iinfo(np.int64).max:
        raise ValueError("a data array ends early")
    return values.astype(np.int64), size


def _plain(data: bytes, size: int, *, encoded: bool) -> bytes:
    if encoded:
        data = base64.b64decode(data[: -(-size // 3) * 4])
    if len(data) < size:
        raise ValueError("a data array ends early")
    return data[:size]


def _take(data: bytes, head: int, size: int, *, encoded: bool) -> bytes:
    return _plain(data, head + size, encoded=encoded)[head:]


def _unpack_zlib(data: bytes, size: int) -> bytes:
    return _exactly(zlib.decompressobj().decompress(data, size + 1), size)


def _unpack_lzma(data: bytes, size: int) -> bytes:
    unpacker = lzma.LZMADecompressor(memlimit=DICTIONARY_BYTES)
    return _exactly(unpacker.decompress(data, size + 1), size)


def _exactly(block: bytes, size: int) -> bytes:
    if len(block) != size:
        raise ValueError("a block does not unpack to the size it announces")
    return block


_UNPACK: dict[str, Callable[[bytes, int], bytes]] = {
    "vtkZLibDataCompressor": _unpack_zlib,
    "vtkLZMADataCompressor": _unpack_lzma,
}
