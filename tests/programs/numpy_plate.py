"""A rectangle in plane stress by bilinear quads, in numpy alone. Starts in a tenth of a second."""

import json

import numpy as np

formulation = json.load(open("formulation.json"))
settings = json.load(open("settings.json"))
(region,) = formulation["geometry"]["regions"]
(x0, y0), (width, height) = (
    formulation["geometry"]["regions"][region][key] for key in ("origin", "size")
)
material = formulation["materials"][region]
E, nu = material["youngs_modulus"], material["poisson_ratio"]
D = E / (1 - nu**2) * np.array([[1, nu, 0], [nu, 1, 0], [0, 0, (1 - nu) / 2]])

h = settings["mesh_size"] or 0.25
nx, ny = max(1, round(width / h)), max(1, round(height / h))
X, Y = np.meshgrid(np.linspace(x0, x0 + width, nx + 1), np.linspace(y0, y0 + height, ny + 1))
points = np.column_stack([X.ravel(), Y.ravel()])
corner = (np.arange(ny)[:, None] * (nx + 1) + np.arange(nx)).ravel()
cells = np.column_stack([corner, corner + 1, corner + nx + 2, corner + nx + 1])

a, b = width / nx, height / ny


def strain_matrix(s, t):
    dx = np.array([-(1 - t), 1 - t, t, -t]) / a
    dy = np.array([-(1 - s), -s, s, 1 - s]) / b
    B = np.zeros((3, 8))
    B[0, 0::2], B[1, 1::2], B[2, 0::2], B[2, 1::2] = dx, dy, dy, dx
    return B


gauss = (0.5 - 0.5 / 3**0.5, 0.5 + 0.5 / 3**0.5)
Ke = sum(strain_matrix(s, t).T @ D @ strain_matrix(s, t) * a * b / 4 for s in gauss for t in gauss)
dofs = np.stack([2 * cells, 2 * cells + 1], -1).reshape(len(cells), 8)
K = np.zeros((2 * len(points), 2 * len(points)))
for element in dofs:
    K[np.ix_(element, element)] += Ke

value = {}
for support in formulation["supports"]:
    line = formulation["geometry"]["boundaries"][support["boundary"]]
    column = "xy".index(line["axis"])
    for node in np.flatnonzero(np.isclose(points[:, column], line["at"])):
        for c, axis in enumerate("xy"):
            if support[axis] is not None:
                value[2 * node + c] = support[axis]
fixed = np.array(list(value))
u = np.zeros(len(K))
u[fixed] = list(value.values())
free = np.setdiff1d(np.arange(len(K)), fixed)
u[free] = np.linalg.solve(K[np.ix_(free, free)], -(K @ u)[free])
force = K @ u

quantities = []
for wanted in formulation["wanted"]:
    line = formulation["geometry"]["boundaries"][wanted["boundary"]]
    on = np.isclose(points[:, "xy".index(line["axis"])], line["at"])
    total = force.reshape(-1, 2)[on, "xy".index(wanted["component"])].sum()
    quantities.append({"name": wanted["name"], "value": total, "unit": "N/m", "method": "K u"})
json.dump({"quantities": quantities}, open("results.json", "w"))


def array(name, data, columns, kind="Float64"):
    text = " ".join(map(repr, np.asarray(data).ravel().tolist()))
    return (
        f'<DataArray type="{kind}" Name="{name}" NumberOfComponents="{columns}" '
        f'format="ascii">{text}</DataArray>'
    )


def column(data):
    return np.column_stack([data, np.zeros(len(data))])


stress = (D @ strain_matrix(0.5, 0.5) @ u[dofs].T).T
stress = np.column_stack([stress[:, 0], stress[:, 1], np.zeros(len(stress)), stress[:, 2]])
vtu = f"""<?xml version="1.0"?>
<VTKFile type="UnstructuredGrid" version="0.1" byte_order="LittleEndian"><UnstructuredGrid>
<Piece NumberOfPoints="{len(points)}" NumberOfCells="{len(cells)}">
<Points>{array("Points", column(points), 3)}</Points>
<Cells>{array("connectivity", cells, 1, "Int64")}
{array("offsets", 4 * np.arange(1, len(cells) + 1), 1, "Int64")}
{array("types", np.full(len(cells), 9), 1, "Int64")}</Cells>
<PointData>{array("displacement", column(u.reshape(-1, 2)), 3)}</PointData>
<CellData>{array("stress", stress, 4)}</CellData>
</Piece></UnstructuredGrid></VTKFile>"""
open("fields.vtu", "w").write(vtu)
