"""What users install: from a clone, an editable install, a wheel and an sdist."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PARTS = ("mechagents", "roles", "pyproject.toml", "README.md", "LICENSE")
MARK = "Found where this installation keeps it."
DISCARD = shutil.ignore_patterns("__pycache__")


def _build(source: Path, hook: str, folder: Path) -> Path:
    """Build a tree by one of its backend's hooks, as pip or uv does, and return the file."""
    told = f"from hatchling.build import {hook} as build; print(build({str(folder)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", told], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.split()[-1]


def _unzip(wheel: Path, folder: Path) -> Path:
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder)
    return folder


def _untar(sdist: Path, folder: Path) -> Path:
    with tarfile.open(sdist) as file:
        file.extractall(folder, filter="data")
    return folder / sdist.name.removesuffix(".tar.gz")


def _copy(folder: Path) -> Path:
    """Return a clone that a test may change."""
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=DISCARD)
        else:
            folder.mkdir(exist_ok=True)
            shutil.copy(ROOT / part, folder / part)
    return folder


def _environment(folder: Path) -> tuple[Path, Path]:
    """Return an environment's interpreter and where it installs; it sees what we depend on."""
    venv.create(folder, with_pip=False, symlinks=os.name == "posix")
    paths = sysconfig.get_paths("venv", {"base": str(folder), "platbase": str(folder)})
    site = Path(paths["purelib"])
    ours = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "zz_dependencies.pth").write_text("\n".join(sorted(ours)), encoding="utf-8")
    name = "python.exe" if os.name == "nt" else "python"
    return Path(paths["scripts"]) / name, site


def _mark(roles: Path) -> None:
    """Change a role where an installation keeps it, to see whether that is what is read."""
    path = roles / "planner.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("Turns the question into a short plan of work.", MARK))


def _bounds(requirement: str) -> tuple[str, str]:
    parsed = Requirement(requirement)
    return canonicalize_name(parsed.name), str(parsed.specifier)


def _command(
    python: Path | str, words: str, elsewhere: Path, *path: Path
) -> subprocess.CompletedProcess[str]:
    """Run the command line in an unrelated folder, with ``path`` before all that is installed."""
    elsewhere.mkdir(exist_ok=True)
    return subprocess.run(
        [str(python), "-m", "mechagents", *words.split()],
        cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))},
        capture_output=True,
        text=True,
        check=False,
    )


def _roles(python: Path | str, elsewhere: Path, *path: Path) -> dict[str, str]:
    """Return the roles that the command line lists, with their descriptions."""
    done = _command(python, "roles --json", elsewhere, *path)
    assert done.returncode == 0, done.stderr
    return {role["name"]: role["description"] for role in json.loads(done.stdout)}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _build(ROOT, "build_wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _unzip(wheel, tmp_path_factory.mktemp("unpacked"))


@pytest.fixture(scope="module")
def distribution(unpacked: Path) -> Distribution:
    (folder,) = unpacked.glob("*.dist-info")
    return PathDistribution(folder)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree that the sdist holds."""
    folder = tmp_path_factory.mktemp("sdist")
    return _untar(_build(ROOT, "build_sdist", folder), folder)


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_roles_are_found_in_a_clone(tmp_path: Path) -> None:
    clone = _copy(tmp_path / "clone")
    _mark(clone / "roles")
    found = _roles(sys.executable, tmp_path / "elsewhere", clone)
    assert found["planner"] == MARK
    assert {path.stem for path in (ROOT / "roles").glob("*.md")} < set(found)


def test_roles_are_found_in_an_editable_install_and_follow_the_clone(tmp_path: Path) -> None:
    clone = _copy(tmp_path / "clone")
    python, site = _environment(tmp_path / "environment")
    _unzip(_build(clone, "build_editable", tmp_path), site)
    _mark(clone / "roles")
    assert _roles(python, tmp_path / "elsewhere")["planner"] == MARK


def test_roles_are_found_in_a_wheel(wheel: Path, tmp_path: Path) -> None:
    python, site = _environment(tmp_path / "environment")
    _mark(_unzip(wheel, site) / "mechagents" / "_roles")
    assert _roles(python, tmp_path / "elsewhere")["planner"] == MARK


def test_roles_are_found_in_a_wheel_made_from_the_sdist(source: Path, tmp_path: Path) -> None:
    python, site = _environment(tmp_path / "environment")
    _unzip(_build(source, "build_wheel", tmp_path), site)
    _mark(site / "mechagents" / "_roles")
    assert _roles(python, tmp_path / "elsewhere")["planner"] == MARK


def test_a_lost_roles_folder_is_told_with_the_remedy(unpacked: Path, tmp_path: Path) -> None:
    shutil.copytree(unpacked / "mechagents", tmp_path / "mechagents")
    shutil.rmtree(tmp_path / "mechagents" / "_roles")
    done = _command(sys.executable, "roles", tmp_path, tmp_path)
    assert done.returncode == 2
    assert "roles are missing; install mechagents again" in done.stderr


def test_the_wheel_holds_the_package_whole_and_no_more(unpacked: Path) -> None:
    held = {path.relative_to(unpacked) for path in unpacked.rglob("*") if path.is_file()}
    package = {
        path.relative_to(ROOT)
        for path in (ROOT / "mechagents").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    roles = {Path("mechagents/_roles") / path.name for path in (ROOT / "roles").glob("*.md")}
    info = {path for path in held if path.parts[0].endswith(".dist-info")}
    assert held - info == package | roles
    assert {"LICENSE", "METADATA", "entry_points.txt"} <= {path.name for path in info}


@pytest.mark.parametrize(
    "needed",
    [
        "py.typed",
        "_roles/coder.md",
        "problems/copper-plate.yaml",
        "problems/stepped-bar.step",
        "problems/benchmarks/kirsch.yaml",
        "benchmarks/targets.yaml",
        "mechanics/materials.json",
        "models/handbook/catalogue.json",
        "models/handbook/programs/plane_elasticity.py",
        "kit/summary.md",
    ],
)
def test_the_wheel_holds_what_is_data(unpacked: Path, needed: str) -> None:
    assert (unpacked / "mechagents" / needed).is_file()


def test_the_materials_are_read_from_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    done = _command(sys.executable, "materials --json", tmp_path, unpacked)
    assert json.loads(done.stdout)["copper"]["youngs_modulus"] > 1e11


def test_metadata_names_every_dependency_with_its_bounds(
    distribution: Distribution, project: dict[str, Any]
) -> None:
    lines = distribution.requires or ()
    required = {_bounds(line) for line in lines if "extra ==" not in line}
    extras = {_bounds(line) for line in lines if "extra ==" in line}
    groups = project["optional-dependencies"].values()
    named = {_bounds(line) for group in groups for line in group}
    # An extra that takes in another has its dependencies.
    assert extras == {(name, bounds) for name, bounds in named if name != project["name"]}
    of_dask = [line for line in lines if "extra == 'dask'" in line]
    assert {"distributed", "pyarrow"} <= {Requirement(line).name for line in of_dask}
    assert required == {_bounds(line) for line in project["dependencies"]}
    litellm = SpecifierSet(dict(required)["litellm"])
    assert {bound.operator for bound in litellm} == {">=", "<", "!="}
    assert not list(litellm.filter(["1.106.0", "1.108.2", "2.0"]))


def test_metadata_tells_name_version_licence_and_command(
    distribution: Distribution, project: dict[str, Any]
) -> None:
    told = distribution.metadata
    assert (told["Name"], told["Version"]) == (project["name"], project["version"])
    assert (told["License-Expression"], told["License-File"]) == ("Apache-2.0", "LICENSE")
    assert told["Requires-Python"] == project["requires-python"]
    (command,) = distribution.entry_points.select(group="console_scripts")
    assert (command.name, command.value) == ("mechagents", "mechagents.cli:main")


@pytest.mark.parametrize("folder", ["mechagents", "roles", "tests", "docs", "examples"])
def test_the_sdist_carries_what_a_developer_needs(source: Path, folder: str) -> None:
    kinds = {".py", ".md", ".yaml", ".json"}
    ours = {path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.suffix in kinds}
    ignored = {path for path in ours if {"runs", "build", "gallery"} & set(path.parts)}
    assert ours - ignored <= {path.relative_to(source) for path in source.rglob("*")}
    assert not list((source / folder).rglob("*.pyc"))


def test_the_sdist_carries_how_to_build_and_to_use_it(source: Path) -> None:
    held = {path.name for path in source.iterdir()}
    assert {"pyproject.toml", "README.md", "LICENSE", "PKG-INFO"} <= held
