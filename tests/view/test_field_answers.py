"""The addresses of a run's fields: what they hold, and what they refuse."""

from __future__ import annotations

import os
import zlib
from base64 import b64encode
from pathlib import Path
from struct import pack

import numpy as np
import pytest
from meshes import block_of, write
from starlette.testclient import TestClient
from viewing import make_client

from mechagents.view.returned import HISTORY, read_returned
from mechagents.view.wire import unpacked

BASE = "/api/runs/plate/fields"
COMPONENT = "where=points&field=displacement&component=magnitude"


def folder_of(runs: Path) -> Path:
    """Return the folder of the attempt that the plate's answer is from."""
    return runs / "plate" / "attempts" / "2"


def test_the_fields_of_a_run_are_told_with_names_units_and_attempts(client: TestClient) -> None:
    told = client.get(BASE).json()
    assert told["attempt"] == "2"
    assert "2-mesh2" in told["attempts"]
    assert told["dimension"] == 2
    assert told["regions"] == ["plate"]
    units = {(c["field"], c["name"]): c["unit"] for c in told["components"]}
    assert units["displacement", "magnitude"] == "m"
    assert units["stress", "von_mises"] == "Pa"
    assert ("displacement", "z") not in units


def test_what_is_sent_is_what_the_file_holds(client: TestClient, runs: Path) -> None:
    returned = read_returned(folder_of(runs))
    _, surface = unpacked(client.get(f"{BASE}/surface").content)
    header, found = unpacked(client.get(f"{BASE}/values?{COMPONENT}").content)
    u = returned.steps[0].points["displacement"]
    size = np.linalg.norm(u, axis=1)
    assert found["values"] == pytest.approx(size.astype(np.float32))
    assert header["high"] == size.max()
    assert header["at"][1] == size.argmax()
    assert len(surface["x"]) == len(found["values"])
    probed = client.get(f"{BASE}/probe?node={size.argmax()}").json()
    reading = next(r for r in probed["readings"] if r["name"] == "magnitude")
    assert reading["at_node"] == size.max()
    assert reading["value"] == pytest.approx(size.max(), rel=1e-9)
    assert probed["region"] == "plate"


def test_the_same_is_not_sent_twice_until_the_file_changes(client: TestClient, runs: Path) -> None:
    first = client.get(f"{BASE}/surface")
    again = client.get(f"{BASE}/surface", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    os.utime(folder_of(runs) / "fields.vtu", ns=(1, 1))
    changed = client.get(f"{BASE}/surface", headers={"if-none-match": first.headers["etag"]})
    assert changed.status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/surface?attempt=9", 404, "no fields of attempt"),
        ("/surface?attempt=../../plate", 404, "no fields of attempt"),
        ("/values?step=7&" + COMPONENT, 404, "there is no step 7"),
        ("/values?step=-1&" + COMPONENT, 422, "whole number"),
        ("/values", 422, "field and component must be said"),
        ("/values?field=heat&component=value", 404, "no field 'heat'"),
        ("/values?field=displacement&component=sideways", 404, "no component 'sideways'"),
        ("/section?normal=1,0,0&offset=0.5&" + COMPONENT, 422, "only a solid"),
        ("/probe?element=0&x=nan,0,0", 422, "3 numbers"),
        ("/probe?element=99999&x=0,0,0", 404, "no element 99999"),
        ("/probe?node=99999", 404, "no node 99999"),
    ],
)
def test_what_is_not_there_is_refused_in_words(
    client: TestClient, path: str, status: int, words: str
) -> None:
    answer = client.get(BASE + path)
    assert answer.status_code == status
    assert words in answer.json()["error"]


def test_a_run_without_fields_says_so(client: TestClient, runs: Path) -> None:
    for file in (runs / "plate" / "attempts").glob("*/fields.vtu"):
        file.unlink()
    assert client.get(BASE).json() == {"attempts": []}


HEAD = (
    '<VTKFile type="UnstructuredGrid" header_type="UInt32" byte_order="LittleEndian"'
    ' compressor="vtkZLibDataCompressor"><UnstructuredGrid><Piece><Points>'
)
TAIL = "</Points></Piece></UnstructuredGrid></VTKFile>"


def bomb(size: int) -> str:
    """Return a file whose points say that they unpack to so many bytes."""
    block = zlib.compress(b"\0" * 1000)
    count = size // 2**20
    head = pack("<3I", count, 2**20, 2**20) + pack("<I", len(block)) * count
    text = (b64encode(head) + b64encode(block * count)).decode()
    array = f'<DataArray type="Float64" NumberOfComponents="3" format="binary">{text}</DataArray>'
    return HEAD + array + TAIL


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no readable VTU file"),
        ("<VTKFile>", "no readable VTU file"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><VTKFile/>', "no document type"),
        ('<VTKFile type="PolyData"/>', "unstructured grid is needed"),
        (bomb(600 * 2**20), "unpack to more than 512 MiB"),
    ],
)
def test_a_hostile_file_is_refused_in_words(
    client: TestClient, runs: Path, content: str, words: str
) -> None:
    (folder_of(runs) / "fields.vtu").write_text(content)
    answer = client.get(f"{BASE}?attempt=2")
    assert answer.status_code == 422
    assert words in answer.json()["error"]


def test_a_link_and_a_pipe_in_place_of_a_file_are_not_followed(
    client: TestClient, runs: Path
) -> None:
    file = folder_of(runs) / "fields.vtu"
    file.rename(file.with_name("other.vtu"))
    file.symlink_to(file.with_name("other.vtu"))
    assert client.get(f"{BASE}/surface?attempt=2").status_code == 404
    file.unlink()
    file.with_name("other.vtu").rename(file)
    os.mkfifo(folder_of(runs) / HISTORY)
    told = client.get(f"{BASE}?attempt=2").json()
    assert "history.npz is no regular file" in told["notes"][0]


def test_numbers_that_are_not_finite_are_sent_and_left_out_of_the_range(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "odd"
    folder = run / "attempts" / "1"
    folder.mkdir(parents=True)
    (run / "conversation.jsonl").write_text("")
    points, _ = block_of("tetra")
    heat = points[:, 0].copy()
    heat[0] = np.inf
    write(folder, "tetra", heat=heat)
    with make_client(tmp_path / "runs") as client:
        answer = client.get("/api/runs/odd/fields/values?field=heat&component=value")
    header, arrays = unpacked(answer.content)
    assert (header["low"], header["high"]) == (heat[1:].min(), 1.0)
    assert np.isinf(arrays["values"]).sum() == 1


def test_steps_and_modes_are_told_apart(tmp_path: Path) -> None:
    points, _ = block_of("quad9")
    shape = np.column_stack([points[:, 1], points[:, 0]])
    modes = write(tmp_path, "quad9", mode_1=shape, mode_2=2 * shape, mode_10=3 * shape)
    assert [s.label for s in modes.steps] == ["Mode 1", "Mode 2", "Mode 10"]
    assert [s.moves for s in modes.steps] == ["mode"] * 3
    steps = np.stack([0 * shape, shape, 2 * shape])
    np.savez(tmp_path / HISTORY, factor=[0.5, 0.75, 1.0], displacement=steps)
    loads = write(tmp_path, "quad9", displacement=2 * shape, stress=np.zeros((len(shape), 4)))
    assert [(s.kind, s.at) for s in loads.steps] == [("load", 0.5), ("load", 0.75), ("load", 1.0)]
    assert [list(s.points) for s in loads.steps[::2]] == [["displacement"], ["displacement",
                                                                            "stress"]]  # fmt: skip
