"""What scientific programs import, one after the other."""

import importlib

import scipy

NAMES = (
    "numpy scipy scipy.sparse.linalg scipy.optimize scipy.integrate scipy.interpolate "
    "scipy.spatial scipy.stats scipy.special scipy.fft skfem skfem.visuals.matplotlib meshio "
    "matplotlib matplotlib.pyplot netgen.occ pint shapely sympy pandas concurrent.futures "
    "multiprocessing ctypes asyncio decimal lzma bz2 zlib csv unittest xml.etree.ElementTree "
    "urllib.request http.client"
)
OPTIONAL = ("sympy", "pandas")
for name in NAMES.split():
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        if name not in OPTIONAL:
            raise
assert scipy.optimize.minimize(lambda x: (x[0] - 2) ** 2, [0.0]).success
assert len(scipy.spatial.Delaunay([[0, 0], [1, 0], [0, 1], [1, 1]]).simplices) == 2
print("fine")
