"""A Poisson problem of some 50,000 unknowns is assembled and solved directly and by iteration."""

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import cg, eigsh, splu, spsolve

n = 224
line = sparse.diags([-np.ones(n - 1), 2 * np.ones(n), -np.ones(n - 1)], [-1, 0, 1])
K = sparse.csc_matrix(sparse.kronsum(line, line))
f = np.full(n * n, 1.0 / (n + 1) ** 2)
u = spsolve(K, f)
assert np.linalg.norm(K @ u - f) < 1e-8 * np.linalg.norm(f)
assert abs(u.max() - 0.07367) < 1e-4, u.max()
again, failed = cg(K, f, rtol=1e-6, maxiter=2000)
assert failed == 0
assert np.linalg.norm(again - u) < 1e-4 * np.linalg.norm(u)
part = sparse.csr_matrix(line)[:40, :40]
small = sparse.csc_matrix(sparse.kronsum(part, part))
lowest = eigsh(small, k=3, sigma=0, return_eigenvectors=False)
assert abs(lowest.min() - 4 * (1 - np.cos(np.pi / 41))) < 1e-8
assert splu(small).nnz > small.nnz
print("fine")
