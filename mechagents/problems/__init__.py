"""Problems as files: the packaged ones, and a reader for a user's own that names every fault."""

from mechagents.problems.loading import (
    BENCHMARK,
    PackagedProblem,
    benchmark_problems,
    load_problem,
    looks_like_words,
    packaged_problems,
)

__all__ = [
    "BENCHMARK",
    "PackagedProblem",
    "benchmark_problems",
    "load_problem",
    "looks_like_words",
    "packaged_problems",
]
