"""What a sample costs the process that runs a study on Dask workers: bytes, and its own time.

    uv run python benchmarks/dask_scale.py [SAMPLES]

The study is ``examples/studies/plate-with-hole.yaml``. One sample is really run; then Dask workers
answer every order with that result at once, so that what is measured is all but the samples: the
orders, Dask's scheduler and client, and the journal and files that the study keeps. Scheduler,
client and study share one process, whose processor time a sample bounds how many samples a second
it can serve, however many workers there are.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import psutil
from distributed import Client, Future, LocalCluster

from mechagents.study import StudyFolder, begin, load_study
from mechagents.study.dask_place import SCHEDULER, credentials
from mechagents.study.dask_pool import DaskPool
from mechagents.study.run import StudyState, open_study, run_samples
from mechagents.study.sample import run_sample
from mechagents.study.spec import SobolSequence
from mechagents.team import full_team

EXAMPLE = Path(__file__).parent.parent / "examples" / "studies" / "plate-with-hole.yaml"
WORKERS = 2


@cache
def stored(path: str) -> dict[str, Any]:
    """Return the result that every order is answered with."""
    result: dict[str, Any] = json.loads(Path(path).read_text())
    return result


def answer(path: str, order: str, _: str) -> str:
    """In a Dask worker: answer an order with the stored result."""
    return json.dumps({**stored(path), "sample": json.loads(order)["sample"]})


class Answering(Client):
    """A client whose workers run no sample."""

    path = ""

    def submit(self, func: Callable[..., object], *args: object, pure: bool) -> Future:
        """Have an order answered."""
        return super().submit(partial(answer, self.path), *args, pure=pure)


def measured(state: StudyState, cluster: LocalCluster, result: dict[str, Any]) -> dict[str, float]:
    """Return what a sample costs this process when all are answered with one result."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "result.json"
        path.write_text(json.dumps(result))
        folder = begin(state.study, Path(name) / "study", near=EXAMPLE.parent)
        folder.journal()
        fresh = replace(state, folder=folder, done={})
        with Answering(cluster, set_as_default=False) as client:
            client.path = str(path)
            warm = replace(fresh, samples=state.samples[:50])
            run_samples(warm, DaskPool(client, WORKERS))
            fresh.done.clear()
            begun, used = time.perf_counter(), time.process_time()
            run_samples(fresh, DaskPool(client, WORKERS))
            count = len(state.samples)
            return {
                "bytes": len(json.dumps(result)),
                "processor_ms": (time.process_time() - used) / count * 1e3,
                "wall_ms": (time.perf_counter() - begun) / count * 1e3,
            }


def record(folder: StudyFolder, result: dict[str, Any], sample: int) -> None:
    """Keep a result as that of a sample."""
    folder.record({**result, "sample": sample})


def each(count: int, work: Callable[[int], object]) -> float:
    """Return the milliseconds that work takes, on average."""
    begun = time.perf_counter()
    for number in range(count):
        work(number)
    return (time.perf_counter() - begun) / count * 1e3


def main() -> None:
    """Measure, and print as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("samples", nargs="?", type=int, default=512, help="A power of two.")
    samples = parser.parse_args().samples
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        study = load_study(EXAMPLE).model_copy(
            update={"sampling": SobolSequence(samples=samples), "keep_fields": "all"}
        )
        folder = begin(study, root / "study", near=EXAMPLE.parent)
        state = open_study(folder, near=EXAMPLE.parent, team=full_team())
        order = state.order(next(i for i in range(samples) if i not in state.full))
        begun = time.perf_counter()
        with_fields = run_sample(order)
        told: dict[str, object] = {
            "order_bytes": len(json.dumps(order)),
            "sample_seconds_cold": time.perf_counter() - begun,
            "order_ms": each(samples, state.order),
        }
        if with_fields["status"] != "passed":
            raise SystemExit(f"the sample has {with_fields['reason']}")
        without = {key: value for key, value in with_fields.items() if key != "fields"}
        for key, result in {"without_fields": without, "with_fields": with_fields}.items():
            kept = begin(study, root / key, near=EXAMPLE.parent)
            kept.journal()
            told[f"record_ms_{key}"] = each(samples, partial(record, kept, result))
        with LocalCluster(
            n_workers=WORKERS,
            threads_per_worker=1,
            protocol="tls://",
            security=credentials(root),
            dashboard_address=None,
            scheduler_kwargs=SCHEDULER,
        ) as cluster:
            with Client(cluster, set_as_default=False) as client:
                begun, used = time.perf_counter(), time.process_time()
                sockets = psutil.Process().net_connections("tcp")
                told["connections"] = sum(one.status == "ESTABLISHED" for one in sockets)
                futures = [client.submit(abs, -1, pure=False) for _ in range(10 * samples)]
                for future in futures:
                    future.result()
                told["dask_alone_processor_ms"] = (time.process_time() - used) / len(futures) * 1e3
                told["dask_alone_wall_ms"] = (time.perf_counter() - begun) / len(futures) * 1e3
                del futures
            told["without_fields"] = measured(state, cluster, without)
            told["with_fields"] = measured(state, cluster, with_fields)
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
