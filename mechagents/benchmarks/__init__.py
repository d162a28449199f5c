"""Benchmarks with published targets: the team's answers held against them."""

from mechagents.benchmarks.held import BenchmarkResult, Held, hold
from mechagents.benchmarks.suite import SuiteReport, run_suite
from mechagents.benchmarks.table import suite_table
from mechagents.benchmarks.targets import Benchmark, Target, find_benchmarks, read_targets

__all__ = [
    "Benchmark",
    "BenchmarkResult",
    "Held",
    "SuiteReport",
    "Target",
    "find_benchmarks",
    "hold",
    "read_targets",
    "run_suite",
    "suite_table",
]
