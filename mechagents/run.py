"""One run: a problem given to a team, until there is an answer or a reason why not.

    answer = await solve(problem, full_team())

``run`` owns the one task group: when it returns, everything that it started has ended.
"""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import monotonic

import anyio

from mechagents.agents.advice import advice, learn
from mechagents.agents.base import Agent, Context
from mechagents.agents.briefing import all_attempts, make_brief
from mechagents.answer import AgentCrashError, Outcome, conclude, write_files
from mechagents.begin import (
    changed_setup,
    check_readable,
    check_unused,
    new_folder,
    setup_of,
)
from mechagents.budget import Ledger
from mechagents.bus import Bus, Observer, Subscription
from mechagents.diagnostics import get_logger
from mechagents.errors import (
    BudgetError,
    LogError,
    MechagentsError,
    ProblemError,
)
from mechagents.flow import Approvals, Finish, approval, subject
from mechagents.flow.approvals import sent_back
from mechagents.flow.base import last_said, senders
from mechagents.flow.candidates import stands_for
from mechagents.flow.unstuck import approach, lanes, raced
from mechagents.follow import earlier_of
from mechagents.log import Conversation, ConversationLog, read_log
from mechagents.messages import (
    Answer,
    Candidates,
    Earlier,
    Envelope,
    Lane,
    Message,
    ModelCall,
    Problem,
    Program,
    Question,
    Reply,
    Setup,
)
from mechagents.models.shown import Prompts
from mechagents.race import Race
from mechagents.role import Role
from mechagents.sitting import Sitting
from mechagents.slots import compute
from mechagents.team import Team, team_from

Begin = Callable[[], Awaitable[object]]
logger = get_logger()
DRAIN_SECONDS = 60.0
"""How long roles that listen to the answer may take after it."""


async def solve(
    problem: Problem,
    team: Team,
    *,
    folder: Path | None = None,
    observe: Observer | None = None,
    sync: bool = True,
) -> Outcome:
    """Return the team's answer to a problem, or why there is none.

    Args:
        problem: The question.
        team: Who works on it.
        folder: The run's folder, new or empty. None: a new one under ``runs``.
        observe: Is called with every envelope as it is logged.
        sync: Whether each message waits until the disk has it.

    Raises:
        ProblemError: If the folder already holds a run, or the problem follows one that is not
            there or stated no formulation.
        LogError: If the log cannot be written.
    """
    check_readable(problem, team)
    earlier = earlier_of(problem)
    folder = folder or new_folder(Path("runs"), problem.name)
    check_unused(folder)
    with (
        ConversationLog(folder, folder.name, sync=sync) as log,
        closing(Prompts(folder)) as prompts,
    ):
        return await _Run(team, log, folder, observe, prompts).run(problem, earlier)


def solve_sync(
    problem: Problem,
    team: Team,
    *,
    folder: Path | None = None,
    observe: Observer | None = None,
) -> Outcome:
    """Return what ``solve`` returns, for programs that have no event loop of their own."""
    return anyio.run(partial(solve, problem, team, folder=folder, observe=observe))


async def resume(
    folder: Path,
    team: Team | None = None,
    *,
    reply: str | None = None,
    observe: Observer | None = None,
    sync: bool = True,
) -> Outcome:
    """Go on with a run from its log; nothing that the log holds is done again.

    Args:
        folder: The run's folder.
        team: Who works on; None: the team that the log names.
        reply: The answer to the question that the run waits for.
        observe: As for ``solve``.
        sync: As for ``solve``.

    Raises:
        LogError: If the log is missing, damaged, empty or in use.
        ProblemError: If a reply was given and no question waits.
    """
    earlier = read_log(folder)
    setup = earlier.last(Setup)
    if setup is None or earlier.last(Problem) is None:
        told = "the log holds no problem yet, so nothing to go on with; solve it into this folder"
        raise LogError(f"{folder}: {told}")
    with (
        ConversationLog(folder, earlier.at(1).run, sync=sync) as log,
        closing(Prompts(folder)) as prompts,
    ):
        run = _Run(team or team_from(setup), log, folder, observe, prompts)
        return await run.resume(reply)


def pending(conversation: Conversation, roles: dict[str, Role]) -> list[tuple[Envelope, str]]:
    """Return the deliveries that nobody has answered: what a resumed run delivers again.

    A role that only listens never answers, so it may see a message again after a resume. What a
    person sent back is not delivered as it was.
    """
    open_: list[tuple[Envelope, str]] = []
    for envelope in conversation:
        if envelope.to and sent_back(conversation, stands_for(conversation, envelope)):
            continue
        answered = {
            answer.sender
            for answer in conversation.answers_to(envelope.seq)
            if not _on_the_way(answer.message)
        }
        open_ += [
            (envelope, name) for name in envelope.to if name in roles and name not in answered
        ]
    newest = last_said(conversation)
    return [(e, n) for e, n in open_ if roles[n].sends or e is newest]


def _on_the_way(message: Message) -> bool:
    """Return whether a turn goes on after a message: a call, or one of several programs."""
    return message.kind == "model_call" or (isinstance(message, Program) and message.lane > 0)


def stuck(conversation: Conversation, folder: Path) -> Finish:
    """Return why nobody has anything left to do: a question waits, or a message met nobody."""
    for asked in reversed(conversation.envelopes_of("question")):
        if isinstance(asked.message, Question) and not conversation.answers_to(asked.seq):
            told = f"{asked.sender} asks: {asked.message.text}"
            where = shlex.quote(str(folder))
            return Finish("waiting", f'{told} Answer with: mechagents reply {where} "..."')
    last = last_said(conversation)
    return Finish("stuck", f"nobody acts on the {last.message.kind} of {last.sender}")


def _went_on(conversation: Conversation) -> bool:
    """Return whether a run was gone on with after it was answered, and not ended again."""
    answered = conversation.last_envelope("answer")
    return answered is not None and any(
        e.cause is not None and e.cause < answered.seq
        for e in map(conversation.at, range(answered.seq + 1, len(conversation) + 1))
    )


def _check_sends(role: Role, message: Message) -> None:
    """Make sure that an agent says what its role says it sends; anybody may ask."""
    if message.kind not in (*role.sends, "question", "candidates", "selection"):
        told = f"it answered with {message.kind}, which is not in the sends of its role; add it"
        raise AgentCrashError(role.name, TypeError(told))


def _reply(text: str, asked: Envelope) -> Reply:
    about = asked.message.approves if isinstance(asked.message, Question) else None
    return Reply(text=text, approves=about)


@dataclass(slots=True)
class _Run:
    """The state of one run: the bus, who acts on what, and how it ended."""

    team: Team
    log: ConversationLog
    folder: Path
    observe: Observer | None
    prompts: Prompts
    flow: Approvals = field(init=False)
    bus: Bus = field(init=False)
    ledger: Ledger = field(init=False)
    sitting: Sitting = field(init=False)
    ended: anyio.Event = field(init=False, default_factory=anyio.Event)
    finish: Finish | MechagentsError | None = field(init=False, default=None)
    streams: dict[str, Subscription] = field(init=False, default_factory=dict[str, Subscription])
    closing: bool = field(init=False, default=False)
    """Whether the run has ended and only those who listen to its end are served."""
    open: int = field(init=False, default=0)
    asking: anyio.Lock = field(init=False, default_factory=anyio.Lock)
    """Held while a person is asked for approval, so that nobody is asked twice."""
    idle: anyio.Event = field(init=False, default_factory=anyio.Event)
    started: float = field(init=False, default_factory=monotonic)

    def __post_init__(self) -> None:
        self.flow = Approvals(self.team.flow, self.team.approve)
        self.bus = Bus(self.log, observe=self.observe)
        self.ledger = Ledger(self.team.stop, self.log)
        self.sitting = Sitting(self.team.stop.seconds)

    async def run(self, problem: Problem, earlier: Earlier | None) -> Outcome:
        for first in (setup_of(self.team), earlier):
            if first is not None:
                await self.bus.publish(first, sender="run", to=())
        return await self._work(partial(self._post, problem, "user", None))

    async def resume(self, reply: str | None) -> Outcome:
        done = self.log.last(Answer)
        open_ = pending(self.log, self.team.roles)
        if done is not None and reply is None and (done.accepted or self._is_over(open_)):
            write_files(self.folder, done, list(self.log), chain=self.log.chain)
            return done
        if reply is None:
            await self._keep_changes()
            return await self._work(None, open_)
        waiting = [e for e, _ in open_ if e.message.kind == "question"]
        if not waiting:
            raise ProblemError("no question waits for a reply", where=str(self.folder))
        await self._keep_changes()
        humans = [n for e, n in open_ if e is waiting[-1]]
        return await self._work(
            partial(self._post, _reply(reply, waiting[-1]), humans[-1], waiting[-1]),
            [(e, name) for e, name in open_ if e is not waiting[-1]],
        )

    async def _keep_changes(self) -> None:
        """Log how the run goes on where that is otherwise than before, as with a larger budget."""
        now = changed_setup(self.log.last(Setup), self.team)
        if now is not None:
            await self.bus.publish(now, sender="run", to=())

    def _is_over(self, open_: list[tuple[Envelope, str]]) -> bool:
        """Return whether a run that was answered would only end again: its budget may be larger."""
        if self._due() or _went_on(self.log):
            return False
        finish = self.flow.finish(self.team.roles, self.log, self.team.stop)
        return not open_ or finish is not None

    async def _work(
        self,
        begin: Begin | None,
        again: Sequence[tuple[Envelope, str]] = (),
    ) -> Outcome:
        """Serve every agent until the run ends; on return all of them have stopped."""
        agents = self.team.agents
        self.streams = {n: self.bus.subscribe(n, a.role.receives) for n, a in agents.items()}
        async with anyio.create_task_group() as group:
            for name, stream in self.streams.items():
                group.start_soon(self._serve, agents[name], stream)
            self.open += len(again)
            for envelope, receiver in again:
                self.bus.redeliver(envelope, receiver)
            if begin is not None:
                await begin()
            await self._look()
            with self.sitting.scope:
                await self.ended.wait()
            self._end(BudgetError("seconds", self.team.stop.seconds))
            group.cancel_scope.cancel()
        return await self._close()

    async def _serve(self, agent: Agent, stream: Subscription) -> None:
        """Let one agent act on each message that it receives, one at a time."""
        async for envelope in stream:
            if self.finish is not None and agent.role.sends and not self.closing:
                return  # The run is over: no model is asked for what nobody will hear.
            try:
                asks = agent.role.behaviour == "human"
                with self.sitting.paused() if asks else nullcontext():
                    message = await self._act(agent, envelope)
                if message is not None:
                    _check_sends(agent.role, message)
                    await self._post(message, agent.role.name, envelope)
            except MechagentsError as error:
                if self.closing:
                    logger.error("agent_failed", role=agent.role.name, exc_info=True)
                self._end(error)
                return
            except Exception as error:  # an agent's own fault ends the run with its cause
                logger.error("agent_failed", role=agent.role.name, exc_info=True)
                self._end(AgentCrashError(agent.role.name, error))
                return
            finally:
                self.open -= 1
                self.idle.set()
            await self._look()

    async def _act(self, agent: Agent, envelope: Envelope) -> Message | None:
        """Return an agent's answer; where the team is stuck, several programs are tried instead."""
        if isinstance(envelope.message, Candidates):
            return await self._race(agent, envelope).run()
        context = self._context(agent, envelope)
        return self._several(context) or await agent.handle(context)

    def _several(self, context: Context) -> Candidates | None:
        """Return the candidates to ask for in place of one program, None where one is asked for."""
        role, wanted = context.role, self.team.candidates
        if wanted < 2 or context.want != "program" or role.behaviour != "language":
            return None
        if approach(self.log) == "usual" or raced(self.log):
            return None
        if any(isinstance(e.message, ModelCall) for e in self.log.answers_to(context.cause)):
            return None  # it was begun as one, perhaps under another budget
        attempts = self.team.stop.attempts - len(self.log.of(Program))
        affordable = min(wanted, attempts, self.ledger.room(role))
        return Candidates(lanes=lanes(self.log, affordable)) if affordable > 1 else None

    def _race(self, writer: Agent, opened: Envelope) -> Race:
        agents, roles = self.team.agents, self.team.roles
        return Race(
            conversation=self.log,
            opened=opened,
            writer=writer,
            runner=agents[senders(roles, "execution")[0]],
            checker=agents[senders(roles, "evidence")[0]],
            context=self._context,
            record=self._record,
        )

    def _context(self, agent: Agent, envelope: Envelope, lane: Lane | None = None) -> Context:
        role = agent.role
        act_on = subject(self.log, envelope)
        want = self.flow.want(role, self.log, act_on)
        speaks = role.behaviour in ("language", "critic", "manager")
        way = lane.approach if lane is not None else approach(self.log)
        stuck = want == "program" and way in ("fallback", "fresh")
        brief = make_brief(
            self._until(envelope) if lane is not None and want == "program" else self.log,
            role.name,
            want,
            act_on,
            self._candidates(role, envelope),
            {name: member.description for name, member in self.team.roles.items()},
            lane,
        )
        model = self.team.model_for(role, stuck=stuck) if speaks else None
        if model is not None and model.name != "handbook":
            brief = replace(brief, advice=advice(brief, self.team.knowledge))
        return Context(
            role=role,
            act_on=act_on,
            cause=envelope.seq,
            want=want,
            brief=brief,
            conversation=self.log,
            folder=self.folder,
            ledger=self.ledger,
            model=model,
            fallback=self.team.fallback,
            sandbox=self.team.sandbox,
            limits=self.team.limits_for(role),
            record=partial(self._record, role.name, envelope.seq),
            keep_prompt=self.prompts.keep,
            ask=self.team.ask,
            approver=self.team.approver,
            window=self.team.context,
            lane=lane,
            second_opinion=self.team.second_opinion,
        )

    def _until(self, envelope: Envelope) -> Conversation:
        """Return the conversation up to an envelope: candidates do not see each other."""
        return Conversation([self.log.at(seq) for seq in range(1, envelope.seq + 1)])

    def _candidates(self, role: Role, envelope: Envelope) -> tuple[str, ...]:
        if role.behaviour != "manager":
            return ()
        return self.flow.candidates(self.team.roles, self.log, envelope)

    async def _record(self, sender: str, cause: int, message: Message) -> Envelope:
        return await self.bus.publish(message, sender=sender, cause=cause, to=())

    async def _post(self, message: Message, sender: str, cause: Envelope | None) -> None:
        """Publish a message to whom the flow names, once all that was said before is logged."""

        def receivers() -> tuple[str, ...]:
            roles = self.team.roles
            to = self.flow.recipients(roles, self.log, message, sender, cause)
            self.open += len(to)
            return to

        seq = cause.seq if cause is not None else None
        await self.bus.publish(message, sender=sender, cause=seq, to=receivers)

    async def _look(self) -> None:
        """Ask for what needs approval; end the run where the flow says so or nobody can go on."""
        # Nothing is awaited unless a person has to be asked: whoever received what was said last
        # must not begin before the flow had its say.
        if self.finish is None and self._due():
            try:
                await self._ask_for_approval()
            except MechagentsError as error:
                self._end(error)
        if self.finish is not None:
            return
        finish = self.flow.finish(self.team.roles, self.log, self.team.stop)
        if finish is None and self.open <= 0:
            finish = stuck(self.log, self.folder)
        if finish is not None:
            self._end(finish)

    def _due(self) -> tuple[Envelope, ...]:
        return self.flow.due(self.team.roles, self.log, self.team.stop)

    async def _ask_for_approval(self) -> None:
        async with self.asking:
            for held in self._due() if self.finish is None else ():
                await self._post(approval(held), "run", held)

    def _end(self, finish: Finish | MechagentsError) -> None:
        if self.finish is None:
            self.finish = finish
            self.ended.set()

    def _learn(self) -> None:
        """Keep the lessons of an accepted run; the answer stands where they cannot be kept."""
        try:
            learn(self.log, all_attempts(self.log), self.team.knowledge)
        except MechagentsError:
            logger.warning("lessons_not_kept", exc_info=True)

    async def _close(self) -> Outcome:
        """Log how the run ended, let listeners hear it, and write the run's files."""
        assert self.finish is not None
        self.closing = True
        if isinstance(self.finish, LogError):
            raise self.finish
        outcome = conclude(
            self.log,
            self.finish,
            self.team.model.name,
            folder=self.folder,
            seconds=monotonic() - self.started,
        )
        roles = self.team.roles
        listeners = [name for name, role in roles.items() if outcome.kind in role.receives]
        self.open = sum(self.streams[name].waiting for name in listeners)
        async with anyio.create_task_group() as group:
            for name in listeners:
                group.start_soon(self._serve, self.team.agents[name], self.streams[name])
            await self._post(outcome, "run", None)
            with anyio.move_on_after(DRAIN_SECONDS):
                while self.open > 0:
                    self.idle = anyio.Event()
                    await self.idle.wait()
            group.cancel_scope.cancel()
        await self.bus.aclose()
        write = partial(write_files, chain=self.log.chain)
        await compute(write, self.folder, outcome, list(self.log))
        if isinstance(outcome, Answer) and outcome.accepted:
            self._learn()
        return outcome
