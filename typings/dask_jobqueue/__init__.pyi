from collections.abc import Mapping

from distributed import Cluster, Security

from dask_jobqueue.slurm import SLURMJob

class SLURMCluster(Cluster):
    workers: Mapping[object, object]
    scheduler_info: Mapping[str, Mapping[str, object]]
    def __init__(
        self,
        *,
        processes: int,
        job_cls: type[SLURMJob],
        security: Security,
        protocol: str,
        scheduler_options: Mapping[str, object],
        **settings: object,
    ) -> None: ...
    def job_script(self) -> str: ...
