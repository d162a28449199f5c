"""The conversation log: durable, chained, readable while it is written."""

from __future__ import annotations

import json
from pathlib import Path

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mechagents.errors import LogError
from mechagents.log import FILE_NAME, ConversationLog, LogReader, line_of, read_log
from mechagents.messages import Message, Problem, Question, Reply

texts = st.lists(st.text(max_size=60), min_size=1, max_size=6)
in_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)


async def _write(folder: Path, texts: list[str], *, sync: bool = False) -> None:
    with ConversationLog(folder, "a-run", sync=sync) as log:
        for text in texts:
            await log.append(Reply(text=text), sender="admin", cause=len(log) or None)


@given(texts)
@in_folder
def test_what_was_appended_is_read_back_in_order(tmp_path: Path, texts: list[str]) -> None:
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    anyio.run(_write, folder, texts)
    log = read_log(folder)
    assert [reply.text for reply in log.of(Reply)] == texts
    assert [envelope.seq for envelope in log] == list(range(1, len(texts) + 1))


@given(texts, st.data())
@in_folder
def test_a_cut_anywhere_loses_only_what_was_after_it(
    tmp_path: Path, texts: list[str], data: st.DataObject
) -> None:
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    anyio.run(_write, folder, texts)
    path = folder / FILE_NAME
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    kept = whole[:cut].count(b"\n")
    assert [reply.text for reply in read_log(folder).of(Reply)] == texts[:kept]
    anyio.run(_write, folder, ["after the cut"])
    assert [r.text for r in read_log(folder).of(Reply)] == [*texts[:kept], "after the cut"]


@given(texts, st.data())
@in_folder
def test_a_changed_byte_is_noticed(tmp_path: Path, texts: list[str], data: st.DataObject) -> None:
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    anyio.run(_write, folder, texts)
    path = folder / FILE_NAME
    whole = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(whole) - 2))
    if whole[at] == ord("\n"):
        return
    whole[at] = ord("#") if whole[at] != ord("#") else ord("!")
    path.write_bytes(whole)
    with pytest.raises(LogError):
        read_log(folder)


def test_a_removed_line_is_noticed(tmp_path: Path) -> None:
    anyio.run(_write, tmp_path, ["one", "two", "three"])
    path = tmp_path / FILE_NAME
    first, _, third = path.read_text().splitlines(keepends=True)
    path.write_text(first + third)
    with pytest.raises(LogError, match=f"{FILE_NAME}:2"):
        read_log(tmp_path)


async def test_a_reader_follows_a_log_that_is_being_written(tmp_path: Path) -> None:
    with ConversationLog(tmp_path, "a-run", sync=True) as log:
        await log.append(Question(text="ready?"), sender="planner")
        reader = LogReader(tmp_path)
        assert [e.message for e in reader.read_new()] == [Question(text="ready?")]
        assert reader.read_new() == []
        await log.append(Reply(text="yes"), sender="admin", cause=1)
        assert [e.message for e in reader.read_new()] == [Reply(text="yes")]
        assert [e.message for e in reader.answers_to(1)] == [Reply(text="yes")]


def test_only_one_process_writes_a_log(tmp_path: Path) -> None:
    with (
        ConversationLog(tmp_path, "a-run"),
        pytest.raises(LogError, match="another process"),
    ):
        ConversationLog(tmp_path, "a-run")
    ConversationLog(tmp_path, "a-run").close()


def test_a_damaged_log_is_not_opened_for_writing_and_is_let_go(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("no JSON\n")
    for _ in range(2):
        with pytest.raises(LogError, match=f"{FILE_NAME}:1"):
            ConversationLog(tmp_path, "a-run")


def test_a_missing_log_is_told(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="cannot be read"):
        read_log(tmp_path / "nowhere")


async def test_appends_from_many_tasks_keep_one_order(tmp_path: Path) -> None:
    with ConversationLog(tmp_path, "a-run", sync=True) as log:

        async def say(name: str) -> None:
            for _ in range(5):
                await log.append(Reply(text=name), sender=name)

        async with anyio.create_task_group() as group:
            for name in ("one", "two", "three"):
                group.start_soon(say, name)
    assert [envelope.seq for envelope in read_log(tmp_path)] == list(range(1, 16))


async def test_a_cancelled_append_is_either_whole_or_not_there(tmp_path: Path) -> None:
    with ConversationLog(tmp_path, "a-run", sync=True) as log:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await log.append(Reply(text="cut"), sender="admin")
        await log.append(Reply(text="next"), sender="admin")
        assert [e.seq for e in read_log(tmp_path)] == [e.seq for e in log]


def test_look_ups_find_the_newest_and_the_answers(tmp_path: Path) -> None:
    anyio.run(_write, tmp_path, ["one", "two"])
    log = read_log(tmp_path)
    assert log.last(Reply) == Reply(text="two")
    assert log.last(Problem) is None
    assert [e.seq for e in log.answers_to(1)] == [2]
    assert log.at(2).message == Reply(text="two")
    with pytest.raises(LogError, match="no message 3"):
        log.at(3)


def test_a_line_of_an_envelope_is_json_without_the_chain(tmp_path: Path) -> None:
    anyio.run(_write, tmp_path, ["one"])
    data = json.loads(line_of(read_log(tmp_path).at(1)))
    assert data["message"] == {"kind": "reply", "text": "one", "approves": None}
    assert (data["seq"], data["run"], data["id"]) == (1, "a-run", "a-run#1")


async def test_a_disk_that_refuses_leaves_the_log_as_it_was(tmp_path: Path) -> None:
    class Large(Message):
        kind: str = "unserialisable"

        def to_json(self) -> str:
            raise OSError(28, "No space left on device")

    with ConversationLog(tmp_path, "a-run") as log:
        await log.append(Reply(text="one"), sender="admin")
        with pytest.raises(OSError, match="No space"):
            await log.append(Large(), sender="admin")
        await log.append(Reply(text="two"), sender="admin")
    Message.kinds.pop("unserialisable", None)
    assert [reply.text for reply in read_log(tmp_path).of(Reply)] == ["one", "two"]
