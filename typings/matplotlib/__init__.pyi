from collections.abc import Mapping

from matplotlib.colors import Colormap

colormaps: Mapping[str, Colormap]
