"""Teams: which roles there are, what acts for them, and who may speak when."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, TypedDict, TypeGuard, Unpack

from pydantic import ValidationError

from mechagents.agents.base import Agent, Approver, Ask
from mechagents.agents.executor import ExecutorAgent
from mechagents.agents.human import HumanAgent
from mechagents.agents.language import CriticAgent, LanguageAgent
from mechagents.agents.manager import RuleManager
from mechagents.agents.verifier import VerificationAgent
from mechagents.budget import Budget
from mechagents.errors import MechagentsError, RoleError, TeamError
from mechagents.flow import Dataflow, Flow, Graph, GroupChat, RoundRobin
from mechagents.flow.approvals import APPROVABLE
from mechagents.flow.base import reviewers
from mechagents.knowledge import Shelf
from mechagents.messages import Message, Setup
from mechagents.models.base import Model
from mechagents.models.select import open_model
from mechagents.role import Role, installed_roles, load_installed, load_role, packaged_roles
from mechagents.sandbox import Limits, Sandbox, open_sandbox

RoleLike: TypeAlias = "Role | Agent | type[Agent] | Path | str"
"""A role, an agent or its class, a role file, or a name: packaged, installed, ``module:Class``."""
GIVEN = frozenset({"problem", "reply", "answer", "failure"})
"""Kinds that the user or the run itself sends."""
UNHEARD = frozenset({"answer", "failure", "question", "evidence", "critique"})
"""Kinds that the run itself listens to."""
RESERVED = {"evidence": "verification"} | dict.fromkeys(
    ("answer", "failure", "setup", "earlier", "forked", "model_call", "candidates", "selection"),
    "the run",
)
"""Kinds that decide what was found, and who alone sends them."""
FULL_TEAM = ("planner", "formulator", "coder", "executor", "critic", "admin")
FLOWS: dict[str, Callable[..., Flow]] = {
    flow.name: flow for flow in (Dataflow, GroupChat, RoundRobin, Graph)
}
"""The flows that a log may name, each made with the settings that the log keeps."""


class TeamSettings(TypedDict, total=False):
    """The arguments that every way to make a team passes on to ``Team``."""

    model: Model | str
    fallback: Model | str | None
    sandbox: Sandbox | str | None
    stop: Budget
    limits: Limits
    ask: Ask | None
    api_base: str | None
    context: int | None
    approve: Iterable[str]
    approver: Approver | None
    knowledge: Shelf | None
    second_opinion: bool
    candidates: int


class Team:
    """Roles that work on a problem together.

    Verification belongs to every team and is not listed among its roles.

    Args:
        roles: The members.
        flow: Who acts next.
        model: The language model of every role that names none of its own: a ``Model``, or a
            name that ``open_model`` knows.
        fallback: Another model, which writes where the same failure came again and again, and
            answers where a model cannot.
        sandbox: Where programs run: a ``Sandbox``, or a name that ``open_sandbox`` knows.
        stop: When to stop: what the run may spend.
        limits: What one execution may use.
        ask: Answers the team's questions; without it they wait in the log.
        api_base: Another endpoint than the provider's, for models given by name.
        context: The tokens that the models take, their reply included: what a role is shown is
            shortened to fit. None leaves it whole, which is bounded too.
        approve: What waits until a person has approved it: any of ``plan``, ``formulation``,
            ``program`` and ``answer``.
        approver: Answers for the person who approves; without it ``ask`` does, and without
            that it waits in the log.
        knowledge: Notes and lessons that are shown to the roles that need them; None is for the
            notes of this package alone.
        second_opinion: Whether a question in words is read twice, apart; what differs becomes an
            assumption with both readings, or a question.
        candidates: How many programs are written, run and checked at the same time where the same
            failure came twice; the first that passes every check is taken. 1 tries one after the
            other.
        name: The name that logs give this team.

    Raises:
        TeamError: If the roles do not fit together: two of one name, one that nobody feeds, a
            kind that nobody receives, nobody who writes or runs programs, a flow that names
            roles which are not there.
        RoleError: If a role cannot be loaded.
        UsageError: If the model or the sandbox is unknown.
    """

    def __init__(
        self,
        roles: Iterable[RoleLike],
        *,
        flow: Flow | None = None,
        model: Model | str = "handbook",
        fallback: Model | str | None = None,
        sandbox: Sandbox | str | None = None,
        stop: Budget | None = None,
        limits: Limits | None = None,
        ask: Ask | None = None,
        api_base: str | None = None,
        context: int | None = None,
        approve: Iterable[str] = (),
        approver: Approver | None = None,
        knowledge: Shelf | None = None,
        second_opinion: bool = False,
        candidates: int = 1,
        name: str = "team",
    ) -> None:
        self.name = name
        self.flow: Flow = flow or Dataflow()
        self.stop = stop or Budget()
        self.limits = limits or Limits()
        self.ask = ask
        self.context = context
        self.approver = approver
        self.second_opinion = second_opinion
        self.knowledge = knowledge or Shelf()
        self._api_base = api_base
        self.model: Model = (
            open_model(model, api_base=api_base) if isinstance(model, str) else model
        )
        if isinstance(fallback, str):
            # Of a recording of both, one replay answers for both.
            same = fallback == model
            fallback = self.model if same else open_model(fallback, api_base=api_base)
        self.fallback: Model | None = fallback
        self.sandbox: Sandbox = (
            open_sandbox(sandbox) if isinstance(sandbox, str | None) else sandbox
        )
        self._models: dict[str, Model] = {}
        self.agents: dict[str, Agent] = {}
        for agent in (*map(agent_for, roles), VerificationAgent()):
            if agent.role.name in self.agents:
                told = f"two roles are named {agent.role.name!r}; give one of them another name"
                raise TeamError(told, where="roles")
            self.agents[agent.role.name] = agent
        _check_fit(self.roles, self.flow.hears)
        self.flow.check(self.roles)
        self.approve: tuple[str, ...] = ()
        self.candidates = 1
        self.hold(approve)
        self.race(candidates)

    def hold(self, kinds: Iterable[str]) -> None:
        """Let these kinds wait until a person has approved them.

        Args:
            kinds: Any of ``plan``, ``formulation``, ``program`` and ``answer``.

        Raises:
            TeamError: If nobody can be asked to approve one, or nobody in the team could ask.
        """
        chosen = set(kinds)
        for kind in sorted(chosen - set(APPROVABLE)):
            told = f"{kind!r} cannot be approved; name any of {', '.join(APPROVABLE)}"
            raise TeamError(told, where="approve")
        if chosen and not any("question" in role.receives for role in self.roles.values()):
            told = "nobody in the team answers questions; add a role such as 'admin'"
            raise TeamError(told, where="approve")
        if "program" in chosen and self.candidates > 1:
            told = "a program that waits for approval cannot be one of several that run at the "
            raise TeamError(f"{told}same time; leave it out, or candidates", where="approve")
        self.approve = tuple(kind for kind in APPROVABLE if kind in chosen)

    def race(self, candidates: int) -> None:
        """Let so many programs be tried at the same time where the team is stuck.

        Args:
            candidates: How many, at least 1.

        Raises:
            TeamError: If the number is below 1, or programs have to be read before they run.
        """
        if candidates < 1:
            told = f"{candidates} programs cannot be tried; give 1 or more"
            raise TeamError(told, where="candidates")
        readers = reviewers(self.roles, "program", "")
        if candidates > 1 and (readers or "program" in self.approve):
            who = " and ".join(readers) or "a person (approve)"
            told = f"programs wait for {who} before they run, so several cannot run at the same "
            raise TeamError(f"{told}time; give 1, or let them run unread", where="candidates")
        self.candidates = candidates

    @property
    def roles(self) -> dict[str, Role]:
        """The roles by name, verification included."""
        return {name: agent.role for name, agent in self.agents.items()}

    def model_for(self, role: Role, *, stuck: bool = False) -> Model:
        """Return the model that a role speaks with: its own, or the team's.

        Args:
            role: Who speaks.
            stuck: Whether the team's fallback speaks in its place, where there is one.
        """
        if stuck and self.fallback is not None:
            return self.fallback
        if role.model is None:
            return self.model
        if role.model not in self._models:
            self._models[role.model] = open_model(role.model, api_base=self._api_base)
        return self._models[role.model]

    def limits_for(self, role: Role) -> Limits:
        """Return what a program may use that a role has run: its own limits, else the team's."""
        return self.limits.with_those_of(role.limits)

    def setup(self, version: str) -> Setup:
        """Return what a log needs to hold so that ``team_from`` can build this team again."""
        return Setup(
            team=self.name,
            flow=self.flow.name,
            flow_settings=self.flow.settings,
            model=self.model.name,
            fallback=self.fallback.name if self.fallback is not None else "",
            sandbox=self.sandbox.name,
            roles=tuple(
                _definition(agent)
                for agent in self.agents.values()
                if not isinstance(agent, VerificationAgent)
            ),
            budget=self.stop.model_dump(),
            limits=self.limits.model_dump(),
            context=self.context,
            knowledge=str(self.knowledge.folder or ""),
            learns=self.knowledge.learns,
            second_opinion=self.second_opinion,
            candidates=self.candidates,
            version=version,
            approve=self.approve,
        )


def two_agent(*, extra: Iterable[RoleLike] = (), **settings: Unpack[TeamSettings]) -> Team:
    """Return the small team: a coder, who also states the problem, and an executor.

    Args:
        extra: Further members, in any form that ``Team`` takes.
        settings: The other arguments of ``Team``.
    """
    coder = packaged_roles()["coder"]
    both = coder.model_copy(
        update={
            "description": "States the problem, writes the program, and mends it.",
            "receives": ("problem", "formulation", "evidence"),
            "sends": ("formulation", "program"),
        }
    )
    return Team([both, "executor", "admin", *extra], name="two_agent", **settings)


def full_team(*, extra: Iterable[RoleLike] = (), **settings: Unpack[TeamSettings]) -> Team:
    """Return planner, formulator, coder, executor and critic, and any roles of your own.

    Args:
        extra: Further members, in any form that ``Team`` takes.
        settings: The other arguments of ``Team``.
    """
    return Team([*FULL_TEAM, *extra], name="full_team", **settings)


def group_chat(
    *,
    manager: RoleLike = "manager",
    extra: Iterable[RoleLike] = (),
    **settings: Unpack[TeamSettings],
) -> Team:
    """Return the full team in a group chat: a manager chooses who speaks next.

    Args:
        manager: Who chooses: a language model, unless it is another, such as ``RuleManager``.
        extra: Further members, in any form that ``Team`` takes.
        settings: The other arguments of ``Team``.
    """
    roles = [*FULL_TEAM, manager, *extra]
    return Team(roles, flow=GroupChat(), name="group_chat", **settings)


def rule_chat(*, extra: Iterable[RoleLike] = (), **settings: Unpack[TeamSettings]) -> Team:
    """Return the full team in a group chat whose manager goes by rules.

    Args:
        extra: Further members, in any form that ``Team`` takes.
        settings: The other arguments of ``Team``.
    """
    return group_chat(manager=RuleManager, extra=extra, **settings)


def round_robin(*, extra: Iterable[RoleLike] = (), **settings: Unpack[TeamSettings]) -> Team:
    """Return the full team in a round robin: planner, formulator, coder, critic, and again.

    Args:
        extra: Further members, in any form that ``Team`` takes; they speak last.
        settings: The other arguments of ``Team``.
    """
    return Team([*FULL_TEAM, *extra], flow=RoundRobin(), name="round_robin", **settings)


TEAMS: dict[str, Callable[..., Team]] = {
    "full": full_team,
    "two-agent": two_agent,
    "group-chat": group_chat,
    "rule-chat": rule_chat,
    "round-robin": round_robin,
}
"""The ready teams by the names of ``--team``."""


def find_team(
    name: str, *, extra: Iterable[RoleLike] = (), **settings: Unpack[TeamSettings]
) -> Team:
    """Return a ready team, or one of the user's own.

    Args:
        name: One of ``TEAMS``, or ``module:name`` of a ``Team`` or of a function that returns one
            and takes ``settings``.
        extra: Roles to add to a ready team.
        settings: The other arguments of ``Team``.

    Raises:
        TeamError: If there is no such team, or roles were to be added to a team of one's own.
    """
    if name in TEAMS:
        return TEAMS[name](extra=extra, **settings)
    if ":" not in name:
        told = f"no team {name!r}; a team is {', '.join(TEAMS)} or module:name"
        raise TeamError(told, where="--team")
    found = _imported(name, TeamError)
    team = _called(found, name, settings) if callable(found) else found
    if not isinstance(team, Team):
        raise TeamError(f"is a {type(team).__name__}, not a Team", where=name)
    if tuple(extra):
        raise TeamError("add roles in the team itself", where="--role")
    return team


def _imported(path: str, kind: type[RoleError | TeamError]) -> object:
    """Return what ``module:name`` names; whatever foreign code raises is told as one error."""
    module, _, name = path.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except MechagentsError:
        raise
    except (Exception, SystemExit) as error:
        told = f"cannot be imported ({type(error).__name__}: {error}); mend it, or name another"
        raise kind(told, where=path) from error


def _called(make: Callable[..., object], name: str, settings: TeamSettings) -> object:
    try:
        return make(**settings)
    except MechagentsError:
        raise
    except (Exception, SystemExit) as error:
        raise TeamError(
            f"gave no team ({type(error).__name__}: {error}); --team takes a function that takes "
            f"{', '.join(settings)} by name and returns a Team",
            where=name,
        ) from error


def known_roles() -> list[Role]:
    """Return the packaged roles, verification, and what other distributions offer."""
    own = [*packaged_roles().values(), VerificationAgent.role]
    return own + [agent_for(name).role for name in installed_roles()]


def team_from(
    setup: Setup,
    *,
    ask: Ask | None = None,
    api_base: str | None = None,
    approver: Approver | None = None,
) -> Team:
    """Return the team that a log says a run was set up with.

    Raises:
        TeamError: If a class of the team, its flow or its model cannot be built from its name.
    """
    make = FLOWS.get(setup.flow)
    if make is None:
        raise TeamError(
            f"the flow {setup.flow!r} is not known here; resume from Python", where="flow"
        )
    try:
        flow = make(**setup.flow_settings)
    except TypeError as error:
        raise TeamError(f"no {setup.flow} has these settings: {error}", where="flow") from error
    try:
        roles: list[RoleLike] = [_defined(definition) for definition in setup.roles]
    except ValidationError as error:
        raise TeamError(str(error), where="roles") from error
    return Team(
        roles,
        flow=flow,
        model=setup.model,
        fallback=setup.fallback or None,
        sandbox=setup.sandbox,
        stop=Budget.model_validate(setup.budget),
        limits=Limits.model_validate(setup.limits),
        ask=ask,
        api_base=api_base,
        context=setup.context,
        knowledge=Shelf(Path(setup.knowledge) if setup.knowledge else None, learns=setup.learns),
        second_opinion=setup.second_opinion,
        candidates=setup.candidates,
        approve=setup.approve,
        approver=approver,
        name=setup.team,
    )


def agent_for(role: RoleLike) -> Agent:
    """Return what acts for a role given in any form.

    Raises:
        RoleError: If there is no such role or it cannot be loaded.
    """
    match role:
        case Agent():
            return role
        case type():
            return _made(role)
        case Path():
            return _acting(load_role(role))
        case str():
            return _named(role)
        case Role():
            return _acting(role)


def _named(name: str) -> Agent:
    if name in packaged_roles():
        return _acting(packaged_roles()[name])
    if name.endswith(".md"):
        return agent_for(Path(name))
    if ":" in name:
        return agent_for(_class(name))
    installed = installed_roles()
    if name in installed:
        found = load_installed(installed[name])
        if isinstance(found, Role | Path | str | Agent):
            return agent_for(found)
        if _is_agent_class(found):
            return agent_for(found)
        told = f"{found!r} is no role; offer a Role, a subclass of Agent, or a role file's path"
        raise RoleError(told, where=f"entry point {name}")
    known = sorted({*packaged_roles(), *installed})
    close = get_close_matches(name, known, 1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    raise RoleError(f"no role {name!r}{hint}; known: {', '.join(known)}", where="roles")


def _class(path: str) -> type[Agent]:
    found = _imported(path, RoleError)
    if not _is_agent_class(found):
        raise RoleError("is not a subclass of Agent", where=path)
    return found


def _made(found: type[Agent]) -> Agent:
    where = f"{found.__module__}:{found.__qualname__}"
    if not _is_agent_class(found):
        raise RoleError("is not a subclass of Agent", where=where)
    try:
        agent = found()
    except MechagentsError:
        raise
    except Exception as error:  # foreign code
        raise RoleError(f"cannot be made ({error}); give an instance", where=where) from error
    if not isinstance(getattr(agent, "role", None), Role):
        raise RoleError("has no role; give the class one: role = Role(…)", where=where)
    return agent


def _is_agent_class(found: object) -> TypeGuard[type[Agent]]:
    return isinstance(found, type) and issubclass(found, Agent)


def _acting(role: Role) -> Agent:
    match role.behaviour:
        case "executor":
            return ExecutorAgent(role)
        case "human":
            return HumanAgent(role)
        case "critic":
            return CriticAgent(role)
        case "language" | "manager":
            return LanguageAgent(role)
        case "verification":
            raise RoleError("verification is part of every team", where=role.name)


_PACKAGED = (ExecutorAgent, HumanAgent, CriticAgent, LanguageAgent)


def _definition(agent: Agent) -> dict[str, Any]:
    if type(agent) in _PACKAGED:
        # What a role's file did not give stays open: a limit may be the team's.
        return agent.role.model_dump(mode="json", exclude_unset=True)
    return {"agent": f"{type(agent).__module__}:{type(agent).__qualname__}"}


def _defined(definition: dict[str, Any]) -> RoleLike:
    if "agent" in definition:
        return _class(str(definition["agent"]))
    return Role.model_validate(definition)


def _check_fit(roles: dict[str, Role], flow_hears: frozenset[str]) -> None:
    checks = (_unknown_kinds, _reserved, _unfed, partial(_unheard, flow_hears=flow_hears), _missing)
    for check in checks:
        for fault in check(roles):
            raise fault


def _unknown_kinds(roles: dict[str, Role]) -> Iterator[TeamError]:
    for role in roles.values():
        for field, kinds in (("receives", role.receives), ("sends", role.sends)):
            for kind in kinds:
                if kind not in Message.kinds:
                    known = ", ".join(sorted(Message.kinds))
                    told = f"no kind of message {kind!r}; known: {known}"
                    yield TeamError(told, where=f"{role.name}.{field}")


def _reserved(roles: dict[str, Role]) -> Iterator[TeamError]:
    for role in roles.values():
        for kind in role.sends:
            sender = RESERVED.get(kind, role.name)
            if sender != role.name:
                told = f"only {sender} sends {kind}; send a kind of your own, or a critique"
                yield TeamError(told, where=f"{role.name}.sends")


def _unfed(roles: dict[str, Role]) -> Iterator[TeamError]:
    for role in roles.values():
        sent = {kind for other in roles.values() if other is not role for kind in other.sends}
        own = set(role.sends) if len(role.sends) > 1 else set[str]()
        asked = {"question"} if role.behaviour == "human" else set[str]()
        if not set(role.receives) & (sent | own | GIVEN | asked):
            told = (
                f"nobody sends {' or '.join(role.receives)}, so this role would never act; receive "
                f"one of {', '.join(sorted(sent | GIVEN))}, or add a role that sends it"
            )
            yield TeamError(told, where=f"{role.name}.receives")


def _unheard(roles: dict[str, Role], flow_hears: frozenset[str]) -> Iterator[TeamError]:
    heard = {kind for role in roles.values() for kind in role.receives} | UNHEARD | flow_hears
    for role in roles.values():
        for kind in role.sends:
            if kind not in heard and not (kind == "reply" and role.behaviour == "human"):
                told = f"nobody receives {kind}; add it to a role's receives"
                yield TeamError(told, where=f"{role.name}.sends")


def _missing(roles: dict[str, Role]) -> Iterator[TeamError]:
    for kind, who in {
        "formulation": "formulator",
        "program": "coder",
        "execution": "executor",
    }.items():
        if not any(kind in role.sends for role in roles.values()):
            yield TeamError(f"nobody sends a {kind}; add a role such as {who!r}", where="roles")
