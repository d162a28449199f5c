"""Pictures in three formats, by pyplot and without it, with text, colours and mathematics."""

import io
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.tri import Triangulation

x, y = (a.ravel() for a in np.meshgrid(np.linspace(0, 1, 30), np.linspace(0, 1, 30)))
figure, axes = plt.subplots(1, 2, figsize=(8, 3))
shown = axes[0].tricontourf(Triangulation(x, y), np.sin(4 * x) * y, 20, cmap="viridis")
figure.colorbar(shown, ax=axes[0], label=r"$\sigma_{xy}$ [Pa]")
axes[1].plot(x[:30], np.exp(x[:30]), "o-", label="über")
axes[1].legend()
axes[1].set_title(r"$\int_0^1 e^x\,dx$")
for name in ("stress.png", "stress.pdf", "stress.svg"):
    figure.savefig(name, dpi=100)
plt.close("all")
own = Figure()
own.subplots().imshow(np.eye(20))
memory = io.BytesIO()
own.savefig(memory, format="png")
assert memory.getvalue().startswith(b"\x89PNG")
assert Path("stress.png").stat().st_size > 5000
assert plt.imread("stress.png").std() > 0.01
print("fine")
