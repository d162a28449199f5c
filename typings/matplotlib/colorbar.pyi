from matplotlib.axes import Axes

class Colorbar:
    ax: Axes
