"""Pictures of a field on its mesh, as a report shows them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias

from mechagents.kit.evaluate import Solution, field_values
from mechagents.mechanics.formulation import Formulation, Picture
from mechagents.mechanics.meshing import CellKind, Mesh

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.tri import TriContourSet

    from mechagents.mechanics.meshing import FloatArray, IntArray

Mark: TypeAlias = "tuple[str, FloatArray]"
"""A point of a picture and its name."""
SPLIT: dict[CellKind, tuple[tuple[int, int, int], ...]] = {
    "triangle": ((0, 1, 2),),
    "triangle6": ((0, 3, 5), (3, 1, 4), (5, 4, 2), (3, 4, 5)),
    "quad": ((0, 1, 2), (0, 2, 3)),
    "quad9": tuple((a, b, 8) for a, b in zip((0, 4, 1, 5, 2, 6, 3, 7), (4, 1, 5, 2, 6, 3, 7, 0),
                                              strict=True)),
}  # fmt: skip
"""The triangles that each element is drawn as."""
PREFIXES = {1e9: "G", 1e6: "M", 1e3: "k", 1.0: "", 1e-3: "m", 1e-6: "µ", 1e-9: "n"}
LEVELS = 21
FRACTION = 0.08
"""A drawn displacement is at most this share of the body's size, unless the true one is more."""
TITLES = {
    "displacement": "Displacement magnitude",
    "displacement_x": "Displacement $u_x$",
    "displacement_y": "Displacement $u_y$",
    "displacement_z": "Displacement $u_z$",
    "stress_xx": r"Stress $\sigma_{xx}$",
    "stress_yy": r"Stress $\sigma_{yy}$",
    "stress_zz": r"Stress $\sigma_{zz}$",
    "stress_xy": r"Shear stress $\tau_{xy}$",
    "stress_yz": r"Shear stress $\tau_{yz}$",
    "stress_xz": r"Shear stress $\tau_{xz}$",
    "von_mises": "Von Mises stress",
}
AXISYMMETRIC_TITLES = {
    "displacement_x": "Radial displacement $u_r$",
    "displacement_y": "Axial displacement $u_z$",
    "stress_xx": r"Radial stress $\sigma_{rr}$",
    "stress_yy": r"Axial stress $\sigma_{zz}$",
    "stress_zz": r"Hoop stress $\sigma_{\theta\theta}$",
    "stress_xy": r"Shear stress $\tau_{rz}$",
}


def draw_field(
    formulation: Formulation, solution: Solution, picture: Picture, folder: Path | str = "."
) -> None:
    """Draw a wanted picture on the deformed body, and write it under its file name."""
    axisymmetric = formulation.idealisation == "axisymmetric"
    titles = {**TITLES, **AXISYMMETRIC_TITLES} if axisymmetric else TITLES
    displaced = picture.field.startswith("displacement")
    draw(
        solution.mesh,
        field_values(solution, picture.field),
        Path(folder) / picture.file,
        title=titles[picture.field],
        unit="m" if displaced else "Pa",
        displacement=solution.displacement,
        axes="rz" if axisymmetric else "xy",
    )


def draw(
    mesh: Mesh,
    values: FloatArray,
    file: Path | str | IO[bytes],
    *,
    title: str,
    unit: str,
    displacement: FloatArray | None = None,
    axes: str = "xy",
    width: float | None = None,
    dpi: int = 150,
    marks: Sequence[Mark] = (),
) -> None:
    """Draw filled contours of a field, with a colour bar, and write them as a PNG.

    A solid is drawn from two opposite sides, so that all of its surface is seen. A field that
    changes its sign is drawn in two colours that meet at zero. Where a few nodes reach far beyond
    all others (a singular corner), the colours leave them out, and say so.

    Args:
        mesh: The mesh.
        values: In SI units, at the nodes, shape (nodes,), or at each element's own nodes, shape
            (elements, nodes of an element); those are averaged region by region.
        file: Where to write.
        title: What it is.
        unit: Its SI unit; a prefix is chosen. Empty for a mode, which has no size of its own.
        displacement: If given [m], shape (nodes, 2 | 3), the deformed body is drawn, exaggerated
            where it would not be seen, and in the plane the outline of the undeformed one.
        axes: The names of the two axes of a plane body.
        width: Of the picture [inch]; letters have the same size in any. None takes 6.4, of solids
            10.
        dpi: Points per inch.
        marks: Points of the body as it is drawn that are marked with their names.
    """
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    points, exaggeration = deformed(mesh, displacement)
    factor, prefix = unit_prefix(values) if unit else (1.0, "")
    low, high = values.min() / factor, values.max() / factor
    notes = f"least {low:.4g}, largest {high:.4g} {prefix}{unit}"
    if displacement is not None and unit:
        notes += f"; deformation × {exaggeration:.3g}"
    if mesh.points.shape[1] == 3:
        from mechagents.kit.solid_pictures import draw_surface

        draw_surface(mesh, points, values / factor, file, title, notes, f"{prefix}{unit}",
                     width or 10.0, dpi, marks)  # fmt: skip
        return
    figure = Figure(figsize=figure_size(points, width or 6.4), layout="constrained", dpi=dpi)
    FigureCanvasAgg(figure)
    ax = figure.add_subplot()
    filled = _fill(ax, mesh, points, values / factor)
    bar = figure.colorbar(filled, ax=ax, shrink=0.9, label=f"{prefix}{unit}" or "relative")
    bar.ax.tick_params(labelsize="small")
    draw_outline(ax, mesh, mesh.points, color="0.6", linestyle="--", linewidth=0.7)
    draw_outline(ax, mesh, points, color="0.15", linestyle="-", linewidth=0.9)
    ax.set_title(f"{title}\n", fontsize="large")
    ax.annotate(
        notes, (0.5, 1.0), (0, 4), xycoords="axes fraction", textcoords="offset points",
        ha="center", fontsize="small", color="0.3",
    )  # fmt: skip
    frame(ax, np.vstack([mesh.points, points]))
    draw_marks(ax, marks)
    ax.set(xlabel=f"{axes[0]} [m]", ylabel=f"{axes[1]} [m]", aspect="equal")
    figure.savefig(file, format="png")


def draw_marks(ax: Axes, marks: Sequence[Mark], *, faint: bool = False) -> None:
    """Mark points [m] of a picture whose limits are set; what is hidden is drawn faintly."""
    low, high = ax.get_xlim()
    bottom, top = ax.get_ylim()
    for name, at in marks:
        x, y = float(at[0]), float(at[1])
        for colour, wide in (("white", 2.6), ("0.45" if faint else "black", 1.1)):
            ax.plot(x, y, "x", color=colour, markersize=6, markeredgewidth=wide, zorder=5)
        label(ax, name, (x, y), right=x > (low + high) / 2, up=y < (bottom + top) / 2, faint=faint)


def label(
    ax: Axes, name: str, at: tuple[float, float], *, right: bool, up: bool, faint: bool = False
) -> None:
    """Write a name beside a point: to its left where that is on the right, below or above it."""
    from matplotlib.patheffects import withStroke

    ax.annotate(
        name, at, (-5 if right else 5, 4 if up else -4), textcoords="offset points",
        ha="right" if right else "left", va="bottom" if up else "top", fontsize="small",
        color="0.4" if faint else "black", zorder=6, parse_math=False,
        path_effects=[withStroke(linewidth=2.2, foreground="white")],
    )  # fmt: skip


def frame(ax: Axes, points: FloatArray) -> None:
    """Show all points [m], shape (n, 2), with a margin."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.03 * (high - low).max()
    ax.set(xlim=(low[0] - margin, high[0] + margin), ylim=(low[1] - margin, high[1] + margin))


def figure_size(points: FloatArray, width: float) -> tuple[float, float]:
    """Return width and height of a picture of points, shape (n, 2) [m], in inches."""
    across, tall = points.max(axis=0) - points.min(axis=0)
    shape = min(max(tall / across, 0.3), 1.6)
    return width, 1.4 + (width - 1.8) * shape


def deformed(mesh: Mesh, displacement: FloatArray | None) -> tuple[FloatArray, float]:
    """Return where the nodes are drawn, and by how much displacements are exaggerated."""
    import numpy as np

    if displacement is None:
        return mesh.points, 1.0
    size = float(np.linalg.norm(mesh.points.max(axis=0) - mesh.points.min(axis=0)))
    largest = float(np.linalg.norm(displacement, axis=1).max())
    if not 0 < largest < FRACTION / 4 * size:
        return mesh.points + displacement, 1.0
    raw = FRACTION * size / largest
    power = 10 ** np.floor(np.log10(raw))
    exaggeration = float(power * max(step for step in (1, 2, 5) if step * power <= raw))
    return mesh.points + exaggeration * displacement, exaggeration


def unit_prefix(values: FloatArray) -> tuple[float, str]:
    """Return the power of a thousand that suits the largest of some values, and its letter."""
    import numpy as np

    largest = float(np.abs(values).max())
    for factor, prefix in PREFIXES.items():
        if largest >= factor:
            return factor, prefix
    return 1.0, ""


def _fill(ax: Axes, mesh: Mesh, points: FloatArray, values: FloatArray) -> TriContourSet:
    import numpy as np
    from matplotlib.tri import Triangulation

    triangles = mesh.cells[:, np.array(SPLIT[mesh.kind])].reshape(-1, 3)
    levels, extend, signed = colour_levels(values)
    colours = "RdBu_r" if signed else "viridis"
    if values.ndim == 2:
        # Each region keeps nodes of its own, so that nothing is smoothed across an interface.
        region = np.repeat(mesh.region, len(SPLIT[mesh.kind]))
        triangles, points, values = _by_region(mesh, triangles, region, points, values)
    if _overlap(points, triangles):
        values, points = values[triangles].ravel(), points[triangles].reshape(-1, 2)
        triangles = np.arange(len(points)).reshape(-1, 3)
    lattice = Triangulation(points[:, 0], points[:, 1], triangles)
    # Drawn twice, the hairlines between neighbouring colours close.
    ax.tricontourf(lattice, values, levels=levels, cmap=colours, extend=extend)
    return ax.tricontourf(lattice, values, levels=levels, cmap=colours, extend=extend)


def _overlap(points: FloatArray, triangles: IntArray) -> bool:
    """Return whether triangles lie on both sides of an edge twice, or are folded over one.

    Contours that are followed from one such triangle to the next may never come to an end.
    """
    import numpy as np

    a, b, c = (points[triangles[:, i]] for i in range(3))
    turn = np.sign((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])
    if not turn.all():
        return True
    ahead = np.where((turn > 0)[:, None], triangles, triangles[:, ::-1])
    edges = np.concatenate([ahead[:, [0, 1]], ahead[:, [1, 2]], ahead[:, [2, 0]]])
    return len(np.unique(edges @ np.array([len(points), 1]))) < len(edges)


def _by_region(
    mesh: Mesh, triangles: IntArray, region: IntArray, points: FloatArray, values: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return triangles, nodes and means at the nodes, with the regions taken apart."""
    import numpy as np

    count = len(points)
    own = (mesh.cells + mesh.region[:, None] * count).ravel()
    elements = np.bincount(own)
    sums = np.bincount(own, values.ravel())
    used = np.flatnonzero(elements)
    shifted = np.searchsorted(used, triangles + region[:, None] * count)
    return shifted, points[used % count], sums[used] / elements[used]


def colour_levels(values: FloatArray) -> tuple[FloatArray, str, bool]:
    """Return contour levels, whether colours are cut off, and whether they meet at zero."""
    import numpy as np
    from matplotlib.ticker import MaxNLocator

    low, high = float(values.min()), float(values.max())
    inner_low, inner_high = (float(q) for q in np.quantile(values, [0.005, 0.995]))
    most = max(abs(low), abs(high), 1e-300)
    if high - low > 1.5 * (inner_high - inner_low) > 1e-6 * most:
        low, high = max(low, inner_low), min(high, inner_high)
    if high - low < 1e-6 * most:
        low, high = low - 0.01 * most, high + 0.01 * most
    signed = low < -0.05 * high and high > -0.05 * low
    levels = MaxNLocator(LEVELS, symmetric=signed).tick_values(low, high)
    below, above = values.min() < levels[0], values.max() > levels[-1]
    extend = {(0, 0): "neither", (1, 0): "min", (0, 1): "max", (1, 1): "both"}
    return levels, extend[(int(below), int(above))], signed


def draw_outline(
    ax: Axes, mesh: Mesh, points: FloatArray, *, color: str, linestyle: str, linewidth: float
) -> None:
    """Draw the outline, and the interfaces between regions."""
    from matplotlib.collections import LineCollection

    lines = LineCollection(
        list(points[_outer_edges(mesh)]), colors=color, linestyles=linestyle, linewidths=linewidth
    )
    ax.add_collection(lines)


def _outer_edges(mesh: Mesh) -> IntArray:
    """Return the edges where the body or a region ends, as pairs of neighbouring nodes."""
    import numpy as np

    corners = 3 if mesh.kind.startswith("triangle") else 4
    ends = [(i, (i + 1) % corners) for i in range(corners)]
    middle = [[a, corners + i, b] for i, (a, b) in enumerate(ends)] if mesh.order == 2 else ends
    sides = mesh.cells[:, np.array(middle)].reshape(-1, len(middle[0]))
    keys = np.sort(sides[:, [0, -1]], axis=1)
    region = np.repeat(mesh.region, corners)
    _, inverse = np.unique(keys, axis=0, return_inverse=True)
    inverse = inverse.reshape(-1)
    low, high = np.full(inverse.max() + 1, len(mesh.regions)), np.full(inverse.max() + 1, -1)
    np.minimum.at(low, inverse, region)
    np.maximum.at(high, inverse, region)
    outer = (np.bincount(inverse) == 1)[inverse] | (low != high)[inverse]
    kept = sides[outer]
    return np.concatenate([kept[:, i : i + 2] for i in range(kept.shape[1] - 1)])
