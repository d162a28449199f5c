"""Flows that are fixed beforehand: a round robin, and a graph of who may follow whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mechagents.errors import TeamError
from mechagents.flow.base import Roles, senders, subject
from mechagents.flow.turns import Turns, able, speaks
from mechagents.log import Conversation
from mechagents.messages import Critique, Envelope, Evidence


class RoundRobin(Turns):
    """The roles speak in a fixed order, round and round; who has nothing to say is passed over.

    Args:
        order: Names of roles. None: every role that a language model or a class of one's own
            acts for, in the order of the team.

    Raises:
        TeamError: If the order is empty or names a role twice.
    """

    name = "round_robin"
    hears: frozenset[str] = frozenset()

    def __init__(self, order: Iterable[str] | None = None) -> None:
        self.order = None if order is None else tuple(order)
        if self.order is not None and len(set(self.order)) != len(self.order):
            raise TeamError("a role is named twice; name each once", where="order")
        if self.order == ():
            raise TeamError("name at least one role", where="order")

    @property
    def settings(self) -> dict[str, Any]:
        """The order, where it was given."""
        return {} if self.order is None else {"order": list(self.order)}

    def check(self, roles: Roles) -> None:
        """Make sure that every role of the order is in the team, and who writes programs too.

        Raises:
            TeamError: If one is not.
        """
        if self.order is not None:
            _check_names(roles, self.order, "order")
            _check_writer(roles, self.order, "order")

    def candidates(
        self, roles: Roles, conversation: Conversation, envelope: Envelope
    ) -> tuple[str, ...]:
        """Return the next role after the last speaker that has something to say."""
        order = self.order or tuple(name for name, role in roles.items() if speaks(role))
        last = _last_speaker(order, conversation, envelope)
        first = order.index(last) + 1 if last is not None else 0
        turns = (*order[first:], *order[:first])
        return tuple(name for name in turns if able(roles, conversation, envelope, name))[:1]


class Graph(Turns):
    """Who may follow whom. The first that has something to say speaks, unless a manager chooses.

    After a revision, those come first whom a finding names.

    Args:
        follows: For each role, those that may speak after it, the preferred one first. The first
            key speaks first. A role without followers is where the conversation ends.

    Raises:
        TeamError: If the graph is empty.
    """

    name = "graph"

    def __init__(self, follows: Mapping[str, Iterable[str]]) -> None:
        self.follows = {name: tuple(others) for name, others in follows.items()}
        if not self.follows:
            raise TeamError("name at least one role, and who follows it", where="graph")

    @property
    def settings(self) -> dict[str, Any]:
        """The graph."""
        return {"follows": {name: list(others) for name, others in self.follows.items()}}

    def check(self, roles: Roles) -> None:
        """Make sure that every role of the graph is in the team, and who writes programs too.

        Raises:
            TeamError: If one is not, or programs are never reached from the first role.
        """
        for name, others in self.follows.items():
            _check_names(roles, (name, *others), f"graph.{name}")
        _check_writer(roles, self._reached(), "graph")

    def candidates(
        self, roles: Roles, conversation: Conversation, envelope: Envelope
    ) -> tuple[str, ...]:
        """Return those that may follow the last speaker and have something to say."""
        last = _last_speaker(tuple(self.follows), conversation, envelope)
        others = self.follows[last] if last is not None else (next(iter(self.follows)),)
        named = _named(envelope)
        first = sorted(others, key=lambda name: name not in named)
        return tuple(name for name in first if able(roles, conversation, envelope, name))

    def _reached(self) -> tuple[str, ...]:
        """Return the roles that the first one leads to, itself included."""
        found = [next(iter(self.follows))]
        for name in found:
            found += [other for other in self.follows.get(name, ()) if other not in found]
        return tuple(found)


def _last_speaker(
    names: tuple[str, ...], conversation: Conversation, envelope: Envelope
) -> str | None:
    """Return who of some roles spoke last, up to an envelope.

    A review on the way gives nobody a turn: what was approved goes on as if it was just said.
    """
    judged = subject(conversation, envelope)
    first = envelope if isinstance(judged.message, Evidence) else judged
    for seq in range(first.seq, 0, -1):
        said = conversation.at(seq)
        if said.sender in names and said.message.kind != "model_call":
            return said.sender
    return None


def _named(envelope: Envelope) -> frozenset[str]:
    message = envelope.message
    findings = message.findings if isinstance(message, Critique) else ()
    return frozenset(finding.to for finding in findings)


def _check_names(roles: Roles, names: Iterable[str], where: str) -> None:
    for name in names:
        if name not in roles:
            told = f"no role {name!r} in the team; its roles are {', '.join(roles)}"
            raise TeamError(told, where=where)


def _check_writer(roles: Roles, names: Iterable[str], where: str) -> None:
    writers = senders(roles, "program")
    if not set(writers) & set(names):
        told = f"nobody in it writes programs; let {' or '.join(writers)} have a turn"
        raise TeamError(told, where=where)
