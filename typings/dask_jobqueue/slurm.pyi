from distributed import Status

class SLURMJob:
    status: Status
    async def start(self) -> None: ...
