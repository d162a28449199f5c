from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from types import TracebackType
from typing import Any, Self

class KilledWorker(Exception):
    allowed_failures: int

class Status(Enum):
    failed = ...

class Security:
    tls_ca_file: str | None
    tls_client_key: str | None
    def __init__(self, *, require_encryption: bool = ..., **files: str) -> None: ...
    @classmethod
    def temporary(cls) -> Security: ...
    def get_tls_config_for_role(self, role: str) -> dict[str, str]: ...

class Future:
    def result(self) -> Any: ...
    def release(self) -> None: ...
    def add_done_callback(self, fn: Callable[[Future], None]) -> None: ...

class Cluster:
    scheduler_address: str
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
    def scale(self, n: int) -> None: ...

class LocalCluster(Cluster):
    def __init__(
        self,
        *,
        n_workers: int,
        threads_per_worker: int,
        protocol: str,
        security: Security,
        dashboard_address: str | None,
        scheduler_kwargs: Mapping[str, object],
    ) -> None: ...

class Client:
    status: str
    def __init__(
        self,
        address: str | Cluster,
        *,
        timeout: float = ...,
        security: Security = ...,
        set_as_default: bool = ...,
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
    def submit(self, func: Callable[..., object], *args: object, pure: bool) -> Future: ...
    def cancel(self, futures: Sequence[Future]) -> None: ...
    def nthreads(self) -> dict[str, int]: ...
    def wait_for_workers(self, n_workers: int, timeout: float) -> None: ...
