"""The bus: typed subscription, bounded streams, and a log that comes before every delivery."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import anyio
from anyio.lowlevel import checkpoint

from mechagents.diagnostics import get_logger
from mechagents.errors import DeliveryError, TeamError
from mechagents.log import Receivers
from mechagents.messages import Envelope, Message

Observer = Callable[[Envelope], None]
"""Is called with every envelope as soon as it is logged; must not block. One that fails is told
to the logger and not called again."""
logger = get_logger()


class Log(Protocol):
    """What the bus needs of a log: that what it appends is kept."""

    async def append(
        self, message: Message, *, sender: str, to: Receivers = (), cause: int | None = None
    ) -> Envelope:
        """Keep a message and return its envelope.

        Where ``to`` is a function, it is called when all that came before is kept.
        """
        ...


@dataclass(frozen=True, slots=True)
class BusStatistics:
    """What a bus has done so far."""

    published: int
    delivered: int
    received: int
    dead_letters: int
    waiting: dict[str, int]
    """Envelopes that each subscriber has not taken yet."""


class Subscription:
    """The envelopes meant for one subscriber, in the order of the log. Iterate over it.

    A place in line is taken at once, in the order of the log; the sender then waits for room.
    A memory stream would let two senders that wait change places.
    """

    def __init__(self, name: str, kinds: frozenset[str], capacity: int) -> None:
        self.name = name
        self.kinds = kinds
        self._capacity = capacity
        self._line: deque[Envelope] = deque()
        self._arrived: anyio.Event | None = None
        self._room: anyio.Event | None = None
        self._closed = False
        self.received = 0

    @property
    def waiting(self) -> int:
        """How many envelopes were delivered and not yet taken."""
        return len(self._line)

    def place(self, envelope: Envelope) -> None:
        """Put an envelope at the end of the line. For the bus."""
        self._line.append(envelope)
        if self._arrived is not None:
            self._arrived.set()
            self._arrived = None

    async def wait_for_room(self) -> None:
        """Wait until the line is no longer than the capacity. For the bus."""
        while len(self._line) > self._capacity and not self._closed:
            if self._room is None:
                self._room = anyio.Event()
            await self._room.wait()

    async def receive(self) -> Envelope:
        """Return the next envelope, waiting for it.

        Raises:
            anyio.EndOfStream: If the bus was closed and nothing is left in line.
        """
        await checkpoint()
        while not self._line:
            if self._closed:
                raise anyio.EndOfStream
            if self._arrived is None:
                self._arrived = anyio.Event()
            await self._arrived.wait()
        envelope = self._line.popleft()
        self.received += 1
        if self._room is not None and len(self._line) <= self._capacity:
            self._room.set()
            self._room = None
        return envelope

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Envelope:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    def close(self) -> None:
        """End the stream once what is in line was taken. For the bus."""
        self._closed = True
        for event in (self._arrived, self._room):
            if event is not None:
                event.set()


class Bus:
    """Carries messages between the members of a team.

    A message is logged before anybody receives it, and every subscriber receives in the order
    of the log. A subscriber that is ``capacity`` envelopes behind holds its senders back.

    Args:
        log: Keeps every message.
        capacity: How far a subscriber may fall behind.
        observe: Is called with every envelope, for a live view.
    """

    def __init__(self, log: Log, *, capacity: int = 64, observe: Observer | None = None) -> None:
        self._log = log
        self._capacity = capacity
        self._observe = observe
        self._subscriptions: dict[str, Subscription] = {}
        self._by_kind: dict[str, tuple[Subscription, ...]] = {}
        self._requests: dict[int, tuple[anyio.Event, list[Envelope]]] = {}
        self._published = self._delivered = 0
        self._closed = False
        self.dead_letters: list[Envelope] = []

    def subscribe(self, name: str, kinds: Iterable[str]) -> Subscription:
        """Return the stream of envelopes of some kinds, and of those addressed to ``name``.

        Raises:
            TeamError: If the name is taken.
        """
        if name in self._subscriptions:
            raise TeamError(f"two subscribers are named {name!r}", where="bus.subscribe")
        subscription = Subscription(name, frozenset(kinds), self._capacity)
        self._subscriptions[name] = subscription
        self._by_kind.clear()
        return subscription

    async def publish(
        self,
        message: Message,
        *,
        sender: str,
        cause: int | None = None,
        to: Receivers | None = None,
    ) -> Envelope:
        """Log a message, deliver it, and return its envelope once every receiver has room.

        Args:
            message: What is said.
            sender: Who says it; it does not receive its own message unless ``to`` names it.
            cause: The sequence number of the message that it answers.
            to: Who receives it. None: everybody who subscribed to its kind. Empty: nobody,
                it is only logged. A function is called when every earlier message is in the
                log, and before any later one can be.

        Raises:
            DeliveryError: If the bus is closed or ``to`` names nobody on it.
            LogError: If the message could not be logged; then nobody receives it.
        """
        receivers: list[Subscription] = []

        def choose() -> tuple[str, ...]:
            receivers[:] = self._receivers(message.kind, sender, to() if callable(to) else to)
            return tuple([receiver.name for receiver in receivers])

        envelope = await self._log.append(message, sender=sender, to=choose, cause=cause)
        # No await between the append and the places: that keeps the order of the log.
        for receiver in receivers:
            receiver.place(envelope)
        self._published += 1
        self._delivered += len(receivers)
        self._settle(envelope, missed=to is None and not receivers)
        for receiver in receivers:
            await receiver.wait_for_room()
        return envelope

    def redeliver(self, envelope: Envelope, to: str) -> None:
        """Deliver an envelope that is already in the log, when a run is resumed.

        Raises:
            DeliveryError: If nobody of that name is on the bus.
        """
        receiver = self._known(to)
        receiver.place(envelope)
        self._delivered += 1

    async def request(
        self, message: Message, *, sender: str, to: str, deadline_seconds: float
    ) -> Envelope:
        """Publish a message to one receiver and return the first envelope that answers it.

        Raises:
            DeliveryError: If no answer came in time.
        """
        receiver = self._known(to)
        envelope = await self._log.append(message, sender=sender, to=(to,))
        answered, answers = self._requests.setdefault(envelope.seq, (anyio.Event(), []))
        receiver.place(envelope)
        self._published += 1
        self._delivered += 1
        self._settle(envelope, missed=False)
        try:
            with anyio.fail_after(deadline_seconds):
                await answered.wait()
        except TimeoutError as error:
            raise DeliveryError(
                f"{to} did not answer {message.kind} {envelope.id} within {deadline_seconds:g} s"
            ) from error
        finally:
            del self._requests[envelope.seq]
        if not answers:
            raise DeliveryError(f"the bus was closed before {to} answered {envelope.id}")
        return answers[0]

    def statistics(self) -> BusStatistics:
        """Return what was published, delivered, received and lost so far."""
        everyone = self._subscriptions.values()
        return BusStatistics(
            published=self._published,
            delivered=self._delivered,
            received=sum(subscription.received for subscription in everyone),
            dead_letters=len(self.dead_letters),
            waiting={subscription.name: subscription.waiting for subscription in everyone},
        )

    async def aclose(self) -> None:
        """End every subscription once what was delivered is taken. Closing twice is fine."""
        self._closed = True
        for subscription in self._subscriptions.values():
            subscription.close()
        for answered, _ in self._requests.values():
            answered.set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def _known(self, name: str) -> Subscription:
        if self._closed:
            raise DeliveryError("the bus is closed")
        try:
            return self._subscriptions[name]
        except KeyError:
            known = ", ".join(sorted(self._subscriptions)) or "nobody"
            raise DeliveryError(f"nobody is named {name!r} on the bus; there is {known}") from None

    def _receivers(
        self, kind: str, sender: str, to: tuple[str, ...] | None
    ) -> tuple[Subscription, ...]:
        if to is not None:
            return tuple(self._known(name) for name in to)
        if self._closed:
            raise DeliveryError("the bus is closed")
        if kind not in self._by_kind:
            everyone = self._subscriptions.values()
            self._by_kind[kind] = tuple(s for s in everyone if kind in s.kinds)
        return tuple(s for s in self._by_kind[kind] if s.name != sender)

    def _settle(self, envelope: Envelope, *, missed: bool) -> None:
        waiting = self._requests.get(envelope.cause) if envelope.cause is not None else None
        if waiting is not None:
            answered, answers = waiting
            answers.append(envelope)
            answered.set()
            missed = False
        if missed:
            self.dead_letters.append(envelope)
        if self._observe is not None:
            try:
                self._observe(envelope)
            except Exception:  # who watches a run must not end it
                logger.error("observer_failed", seq=envelope.seq, exc_info=True)
                self._observe = None
