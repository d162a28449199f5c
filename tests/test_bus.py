"""The bus: logged before delivered, in one order, bounded, and never silent."""

from __future__ import annotations

from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from anyio import wait_all_tasks_blocked

from mechagents.bus import Bus
from mechagents.errors import DeliveryError, LogError, TeamError
from mechagents.log import ConversationLog
from mechagents.messages import Envelope, Message, Plan, Question, Reply

PLAN = Plan(steps=("one",), method="any")


@pytest.fixture
def log(tmp_path: Path):
    with ConversationLog(tmp_path, "a-run", sync=False) as log:
        yield log


async def test_a_message_reaches_who_subscribed_to_its_kind_and_nobody_else(
    log: ConversationLog,
) -> None:
    bus = Bus(log)
    planner, critic = bus.subscribe("planner", ["reply"]), bus.subscribe("critic", ["plan"])
    await bus.publish(Reply(text="yes"), sender="admin")
    assert (await planner.receive()).message == Reply(text="yes")
    assert (planner.waiting, critic.waiting) == (0, 0)


async def test_a_sender_does_not_receive_its_own_message(log: ConversationLog) -> None:
    bus = Bus(log)
    planner, other = bus.subscribe("planner", ["plan"]), bus.subscribe("other", ["plan"])
    await bus.publish(PLAN, sender="planner")
    assert (planner.waiting, other.waiting) == (0, 1)


async def test_a_message_is_in_the_log_before_anybody_receives_it(log: ConversationLog) -> None:
    bus = Bus(log)
    planner = bus.subscribe("planner", ["reply"])
    await bus.publish(Reply(text="yes"), sender="admin", cause=None)
    received = await planner.receive()
    assert log.at(received.seq) == received


async def test_a_message_that_could_not_be_logged_is_not_delivered() -> None:
    class FullDisk:
        async def append(
            self, message: Message, *, sender: str, to: tuple[str, ...] = (), cause: object = None
        ) -> Envelope:
            raise LogError("the disk is full")

    bus = Bus(FullDisk())
    planner = bus.subscribe("planner", ["reply"])
    with pytest.raises(LogError):
        await bus.publish(Reply(text="yes"), sender="admin")
    assert planner.waiting == 0


async def test_receivers_are_chosen_when_all_earlier_messages_are_logged(
    log: ConversationLog,
) -> None:
    bus = Bus(log)
    bus.subscribe("last", [])

    async def say(number: int) -> None:
        await bus.publish(
            Reply(text=str(number)), sender="x", to=lambda: ("last",) if len(log) == 2 else ()
        )

    async with anyio.create_task_group() as speakers:
        for number in range(3):
            speakers.start_soon(say, number)
    assert [envelope.to for envelope in log] == [(), (), ("last",)]


async def test_every_subscriber_sees_the_order_of_the_log(log: ConversationLog) -> None:
    bus = Bus(log, capacity=2)
    streams = [bus.subscribe(name, ["reply"]) for name in ("one", "two")]
    seen: dict[str, list[int]] = {"one": [], "two": []}

    async def listen(index: int) -> None:
        async for envelope in streams[index]:
            seen[streams[index].name].append(envelope.seq)

    async def say(name: str) -> None:
        for number in range(20):
            await bus.publish(Reply(text=f"{name} {number}"), sender=name)
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as listeners:
        listeners.start_soon(listen, 0)
        listeners.start_soon(listen, 1)
        async with anyio.create_task_group() as speakers:
            for name in ("a", "b", "c"):
                speakers.start_soon(say, name)
        await bus.aclose()
    assert seen["one"] == seen["two"] == list(range(1, 61))


async def test_a_full_subscriber_holds_the_publisher_back(log: ConversationLog) -> None:
    bus = Bus(log, capacity=2)
    slow = bus.subscribe("slow", ["reply"])
    said: list[int] = []

    async def talk() -> None:
        for number in range(5):
            await bus.publish(Reply(text="x"), sender="admin")
            said.append(number)

    async with anyio.create_task_group() as group:
        group.start_soon(talk)
        await wait_all_tasks_blocked()
        assert (len(said), slow.waiting) == (2, 3)
        await slow.receive()
        await wait_all_tasks_blocked()
        assert len(said) == 3
        for _ in range(4):
            await slow.receive()
    assert len(said) == 5


async def test_a_message_that_nobody_receives_is_a_dead_letter(log: ConversationLog) -> None:
    bus = Bus(log)
    bus.subscribe("planner", ["problem"])
    envelope = await bus.publish(Reply(text="hello?"), sender="admin")
    assert bus.dead_letters == [envelope]
    assert bus.statistics().dead_letters == 1
    assert len(log) == 1


async def test_a_message_for_nobody_on_purpose_is_only_logged(log: ConversationLog) -> None:
    bus = Bus(log)
    planner = bus.subscribe("planner", ["reply"])
    await bus.publish(Reply(text="for the record"), sender="admin", to=())
    assert (planner.waiting, bus.dead_letters, len(log)) == (0, [], 1)


async def test_a_message_to_an_unknown_name_is_refused_and_not_logged(
    log: ConversationLog,
) -> None:
    bus = Bus(log)
    bus.subscribe("planner", ["reply"])
    with pytest.raises(DeliveryError, match="there is planner"):
        await bus.publish(Reply(text="x"), sender="admin", to=("plannr",))
    assert len(log) == 0


async def test_a_request_gets_the_message_that_answers_it(log: ConversationLog) -> None:
    bus = Bus(log)
    admin = bus.subscribe("admin", ["question"])

    async def answer() -> None:
        question = await admin.receive()
        await bus.publish(Reply(text="not this"), sender="admin")
        await bus.publish(Reply(text="this"), sender="admin", cause=question.seq)

    async with anyio.create_task_group() as group:
        group.start_soon(answer)
        got = await bus.request(
            Question(text="which?"), sender="coder", to="admin", deadline_seconds=5
        )
    assert got.message == Reply(text="this")


async def test_a_request_without_an_answer_fails_at_its_deadline(log: ConversationLog) -> None:
    bus = Bus(log)
    bus.subscribe("admin", ["question"])
    with pytest.raises(DeliveryError, match="within 0 s"):
        await bus.request(Question(text="?"), sender="coder", to="admin", deadline_seconds=0)


async def test_a_request_fails_when_the_bus_is_closed(log: ConversationLog) -> None:
    bus = Bus(log)
    bus.subscribe("admin", ["question"])

    async def ask() -> None:
        with pytest.raises(DeliveryError, match="closed before admin"):
            await bus.request(Question(text="?"), sender="coder", to="admin", deadline_seconds=60)

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        await wait_all_tasks_blocked()
        await bus.aclose()


async def test_two_subscribers_of_one_name_are_refused(log: ConversationLog) -> None:
    bus = Bus(log)
    bus.subscribe("planner", ["reply"])
    with pytest.raises(TeamError, match="planner"):
        bus.subscribe("planner", ["plan"])


async def test_a_closed_bus_ends_its_streams_and_takes_no_more(log: ConversationLog) -> None:
    bus = Bus(log)
    planner = bus.subscribe("planner", ["reply"])
    await bus.publish(Reply(text="last"), sender="admin")
    await bus.aclose()
    await bus.aclose()
    assert [envelope.message async for envelope in planner] == [Reply(text="last")]
    with pytest.raises(DeliveryError, match="closed"):
        await bus.publish(Reply(text="too late"), sender="admin")


async def test_statistics_count_what_happened(log: ConversationLog) -> None:
    observed: list[int] = []
    async with Bus(log, observe=lambda envelope: observed.append(envelope.seq)) as bus:
        planner = bus.subscribe("planner", ["reply"])
        for _ in range(3):
            await bus.publish(Reply(text="x"), sender="admin")
        await planner.receive()
        statistics = bus.statistics()
    assert (statistics.published, statistics.delivered, statistics.received) == (3, 3, 1)
    assert statistics.waiting == {"planner": 2}
    assert observed == [1, 2, 3]
