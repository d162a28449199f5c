from matplotlib.colors import BoundaryNorm, Colormap

class ScalarMappable:
    def __init__(self, norm: BoundaryNorm, cmap: Colormap) -> None: ...
