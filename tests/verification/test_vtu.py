"""Reading of fields.vtu: every form that is in use, and no damage passes unnoticed."""

from __future__ import annotations

import tracemalloc

import meshio
import numpy as np
import pytest
from bodies_to_check import plate
from hypothesis import given
from hypothesis import strategies as st
from returned import leave, solve_by

from mechagents.verification import read_fields
from mechagents.verification.vtu import parse_vtu

FOUND = solve_by("quad9", plate(), 0.5)
POINTS = FOUND.mesh.points
CELLS = [("quad9", FOUND.cells)]
U = {"displacement": FOUND.u}


def written(folder, points=POINTS, cells=CELLS, point_data=U, **options):
    """Write a file by meshio; return its path."""
    flat = np.column_stack([points, np.zeros(len(points))]) if points.shape[1] == 2 else points
    path = folder / "fields.vtu"
    meshio.vtu.write(path, meshio.Mesh(flat, cells, point_data), **options)
    return path


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("compression", ["zlib", "lzma", None])
@pytest.mark.parametrize("header_type", ["UInt32", "UInt64"])
def test_every_form_holds_the_same_numbers(binary, compression, header_type, tmp_path):
    path = written(tmp_path, binary=binary, compression=compression, header_type=header_type)
    fields = read_fields(path)
    assert fields.points == pytest.approx(POINTS)
    assert fields.displacement == pytest.approx(FOUND.u)
    assert (fields.blocks[0].nodes == FOUND.cells).all()
    assert fields.blocks[0].kind == "quad9"


@pytest.mark.parametrize("encoding", ["raw", "base64"])
def test_appended_data_are_read(encoding):
    import base64

    def packed(values):
        data = np.ascontiguousarray(values).tobytes()
        return np.uint32(len(data)).tobytes() + data

    u = np.array([[0, 0], [1, 0], [0, 2.5]])
    arrays = {
        ("Points", "Float64", 3): np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]),
        ("connectivity", "Int64", 1): np.arange(3),
        ("offsets", "Int64", 1): np.array([3]),
        ("types", "UInt8", 1): np.array([5], dtype=np.uint8),
        ("displacement", "Float64", 2): u,
    }
    tags, blob = {}, b""
    for (name, kind, width), values in arrays.items():
        tags[name] = (
            f'<DataArray type="{kind}" Name="{name}" NumberOfComponents="{width}" '
            f'format="appended" offset="{len(blob)}"/>'
        )
        block = packed(values)
        blob += block if encoding == "raw" else base64.b64encode(block)
    text = (
        '<VTKFile type="UnstructuredGrid" byte_order="LittleEndian"><UnstructuredGrid>'
        f"<Piece><Points>{tags['Points']}</Points><Cells>{tags['connectivity']}{tags['offsets']}"
        f"{tags['types']}</Cells><PointData>{tags['displacement']}</PointData></Piece>"
        f'</UnstructuredGrid><AppendedData encoding="{encoding}">_'
    )
    grid = parse_vtu(text.encode() + blob + b"</AppendedData></VTKFile>")
    assert (grid.point_data["displacement"] == u).all()
    assert grid.types.tolist() == [5]


def test_points_that_belong_to_no_element_are_left_out(tmp_path):
    points = np.concatenate([[[9.0, 9.0]], POINTS])
    u = np.concatenate([[[7.0, 7.0]], FOUND.u])
    path = written(tmp_path, points, [("quad9", FOUND.cells + 1)], {"displacement": u})
    fields = read_fields(path)
    assert fields.points == pytest.approx(POINTS)
    assert fields.displacement == pytest.approx(FOUND.u)


def test_a_displacement_of_three_components_is_a_plane_one(tmp_path):
    spatial = np.column_stack([FOUND.u, np.zeros(len(FOUND.u))])
    path = written(tmp_path, point_data={"displacement": spatial})
    assert read_fields(path).displacement == pytest.approx(FOUND.u)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"point_data": {}}, "displacement is missing"),
        ({"point_data": {"displacement": FOUND.u[:, 0]}}, "displacement needs shape"),
        ({"point_data": U | {"stress": FOUND.stress[:, :3]}}, "stress needs shape"),
        ({"point_data": U | {"stress": FOUND.stress[:, 0]}}, "stress needs shape"),
        ({"cells": [("tetra", [[0, 1, 2, 3]])]}, "cannot be checked"),
        ({"cells": [("line", [[0, 1]])]}, "no triangles or quadrilaterals"),
        ({"points": np.column_stack([POINTS, POINTS[:, 0]])}, "plane z = 0"),
        ({"points": np.where(POINTS == 0.5, np.nan, POINTS)}, "points is not finite"),
    ],
)
def test_what_a_file_lacks_is_said(change, words, tmp_path):
    with pytest.raises(ValueError, match=words):
        read_fields(written(tmp_path, **change))


def test_an_array_that_unpacks_to_more_than_the_mesh_has_places_for_is_refused(tmp_path):
    huge = {**U, "stress": np.zeros((len(POINTS), 9 * 1000))}
    with pytest.raises(ValueError, match="more numbers than the mesh has places for"):
        read_fields(written(tmp_path, point_data=huge))


@pytest.mark.parametrize("tag", [b"<AppendedData ", b"<AppendedData encoding='raw'> "])
def test_a_search_for_appended_data_ends(tag):
    with pytest.raises(ValueError, match="VTU"):
        parse_vtu(b"<VTKFile>" + tag * 300_000)


def text_file(tmp_path) -> str:
    return written(tmp_path, binary=False).read_text()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("UnstructuredGrid", "PolyData"),
        ("Float64", "Float63"),
        ('Name="connectivity"', 'Name="connected"'),
        ('NumberOfComponents="3"', 'NumberOfComponents="4"'),
        ('NumberOfComponents="3"', 'NumberOfComponents="0"'),
        ("</Piece>", ""),
        ("<Points>", "<Points/><Point>"),
        ("\n28\n", "\n22\n"),
        ("\n9\n", "\n8\n"),
        ("\n0\n", "\n-1\n"),
        ("\n0\n", "\n99\n"),
        ("\n0\n", "\nzero\n"),
    ],
)
def test_damage_is_refused(old, new, tmp_path):
    text = text_file(tmp_path)
    assert old in text
    with pytest.raises(ValueError, match=r"\w"):
        _ = read_fields(save(tmp_path, text.replace(old, new)))


def save(folder, content: str | bytes):
    path = folder / "fields.vtu"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE a [<!ENTITY b "c">]>',
        '<!DOCTYPE a SYSTEM "file:///etc/hostname">',
    ],
)
def test_document_types_and_entities_are_refused(head, tmp_path):
    text = text_file(tmp_path).replace("<VTKFile", f"{head}<VTKFile", 1)
    with pytest.raises(ValueError, match="document type"):
        read_fields(save(tmp_path, text))


def test_a_block_that_unpacks_to_more_than_it_says_is_refused(tmp_path):
    import base64
    import zlib

    bomb = zlib.compress(bytes(10_000_000))
    head = np.array([1, 8, 8, len(bomb)], dtype="<u4").tobytes()
    data = (base64.b64encode(head) + base64.b64encode(bomb)).decode()
    text = (
        '<VTKFile type="UnstructuredGrid" compressor="vtkZLibDataCompressor"><UnstructuredGrid>'
        '<Piece><Points><DataArray type="Float64" NumberOfComponents="3" format="binary">'
        f"{data}</DataArray></Points></Piece></UnstructuredGrid></VTKFile>"
    )
    with pytest.raises(ValueError, match="announces"):
        parse_vtu(text.encode())


@given(st.data())
def test_a_file_cut_anywhere_is_refused(tmp_path_factory, data):
    content = leave(tmp_path_factory.mktemp("whole"), FOUND).joinpath("fields.vtu").read_bytes()
    where = data.draw(st.integers(0, len(content) - 12))
    with pytest.raises(ValueError, match=r"\w"):
        parse_vtu(content[:where])


@given(st.binary(max_size=200))
def test_no_bytes_make_reading_crash(content):
    with pytest.raises(ValueError, match=r"\w"):
        parse_vtu(content)


@given(st.data())
def test_a_byte_changed_anywhere_is_read_or_refused_but_never_a_crash(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("changed")
    content = bytearray(leave(folder, FOUND).joinpath("fields.vtu").read_bytes())
    where = data.draw(st.integers(0, len(content) - 1))
    content[where] = data.draw(st.integers(0, 255))
    try:
        fields = read_fields(save(folder, bytes(content)))
    except ValueError:
        return
    assert np.isfinite(fields.displacement).all()


def as_text(values: int, *, piece: str = "1 ") -> bytes:
    """Return a file whose displacement holds many numbers as text."""
    numbers = piece * values
    return (
        '<VTKFile type="UnstructuredGrid"><UnstructuredGrid><Piece>'
        '<Points><DataArray type="Float64" NumberOfComponents="3">0 0 0 1 0 0 0 1 0</DataArray>'
        '</Points><Cells><DataArray type="Int64" Name="connectivity">0 1 2</DataArray>'
        '<DataArray type="Int64" Name="offsets">3</DataArray>'
        '<DataArray type="UInt8" Name="types">5</DataArray></Cells>'
        f'<PointData><DataArray type="Float64" Name="displacement">{numbers}</DataArray>'
        "</PointData></Piece></UnstructuredGrid></VTKFile>"
    ).encode()


def test_numbers_as_text_are_the_same_in_pieces(monkeypatch):
    monkeypatch.setattr("mechagents.verification.vtu._PIECE", 7)
    grid = parse_vtu(as_text(2, piece="1.25 -3e-7\n\t0.125 "))
    assert grid.point_data["displacement"].tolist() == [1.25, -3e-7, 0.125] * 2


def test_text_takes_few_times_its_own_size(tmp_path):
    content = as_text(2_000_000)
    tracemalloc.start()
    with pytest.raises(ValueError, match="more numbers than the mesh has places for"):
        parse_vtu(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6 * len(content) + 60 * 2**20


def test_more_text_than_can_be_read_asks_for_binary(monkeypatch):
    monkeypatch.setattr("mechagents.verification.vtu.TEXT_BYTES", 1000)
    with pytest.raises(ValueError, match="binary"):
        parse_vtu(as_text(1000))
