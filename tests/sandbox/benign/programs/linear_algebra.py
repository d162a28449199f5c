"""Dense linear algebra with as many threads as it may have."""

import os

import numpy as np
import scipy.linalg

assert os.environ.get("OMP_NUM_THREADS", "1").isdigit()
random = np.random.default_rng(1)
A = random.random((600, 600))
S = A @ A.T + 600 * np.eye(600)
b = random.random(600)
lu = scipy.linalg.lu_factor(S)
assert np.allclose(S @ scipy.linalg.lu_solve(lu, b), b)
values, vectors = scipy.linalg.eigh(S)
assert np.allclose((vectors * values) @ vectors.T, S)
U, s, V = np.linalg.svd(A, full_matrices=False)
assert np.allclose((U * s) @ V, A)
Q, R = scipy.linalg.qr(A)
assert np.allclose(Q @ R, A)
assert np.allclose(scipy.linalg.expm(np.zeros((5, 5))), np.eye(5))
print("fine")
