"""What a run may spend: limits, what was spent, and that no run exceeds them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from conversations import call, execution, more, said
from engineer import engineer, failure, run
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mechagents.budget import Budget, Ledger, spent
from mechagents.errors import BudgetError
from mechagents.log import Conversation, read_log
from mechagents.messages import Answer, ModelCall
from mechagents.role import Role, RoleBudget, packaged_roles
from mechagents.run import resume
from mechagents.team import Team, full_team
from mechagents.testing import ScriptedModel

CODER = packaged_roles()["coder"]
CRITIC = packaged_roles()["critic"]
SPENT = said(
    ("coder", call("coder", tokens=600, cost=0.2), None),
    ("executor", execution(1), None),
    ("critic", call("critic", tokens=400, cost=0.3), None),
    ("executor", execution(1), None),
)


def _limited(role: Role, **budget: int) -> Role:
    return role.model_copy(update={"budget": RoleBudget(**budget)})


def test_what_was_spent_is_the_sum_over_the_log() -> None:
    used = spent(SPENT)
    assert (used.model_calls, used.executions) == (2, 2)
    assert used.prompt_tokens + used.completion_tokens == 1000
    assert used.cost == pytest.approx(0.5)


def test_what_a_role_spent_is_its_own() -> None:
    used = spent(SPENT, "critic")
    assert (used.model_calls, used.prompt_tokens, used.cost) == (1, 400, 0.3)
    assert spent(SPENT, "planner").model_calls == 0


@pytest.mark.parametrize("limit", Budget.model_fields)
@pytest.mark.parametrize("value", [0, -1, "much"])
def test_a_limit_is_a_positive_number(limit: str, value: object) -> None:
    with pytest.raises(ValidationError, match=limit):
        Budget.model_validate({limit: value})


@pytest.mark.parametrize(
    ("budget", "told"),
    [
        (Budget(model_calls=2), "the budget of 2 model_calls is spent"),
        (Budget(tokens=1000), "the budget of 1000 tokens is spent"),
        (Budget(cost=0.5), "the budget of 0.5 cost is spent"),
    ],
)
def test_a_call_past_a_limit_is_refused_before_it_is_made(budget: Budget, told: str) -> None:
    with pytest.raises(BudgetError) as caught:
        Ledger(budget, SPENT).begin_model_call(CODER)
    assert str(caught.value) == told


@pytest.mark.parametrize(
    ("budget", "told"),
    [
        (Budget(tokens=1500), "of the budget of 1500 tokens 500 are left"),
        (
            Budget(cost=0.6),
            "of the budget of 0.6 cost 0.1 are left, and the next call may take 0.2",
        ),
    ],
)
def test_a_call_that_does_not_fit_into_what_is_left_is_not_made(budget: Budget, told: str) -> None:
    with pytest.raises(BudgetError) as caught:
        Ledger(budget, SPENT).begin_model_call(CODER, 600, 0.2)
    assert str(caught.value).startswith(told)
    Ledger(budget, SPENT).begin_model_call(CODER, 400, 0.05)


def test_what_other_calls_set_aside_is_not_given_twice() -> None:
    ledger = Ledger(Budget(tokens=2000, cost=1.0), SPENT)
    first = ledger.begin_model_call(CODER, 600, 0.1)
    with pytest.raises(BudgetError, match="400 are left"):
        ledger.begin_model_call(CRITIC, 600, 0.1)
    ledger.end_model_call(first)
    ledger.begin_model_call(CRITIC, 600, 0.1)


@pytest.mark.parametrize("tokens", [1000, 3000])
async def test_no_call_is_made_whose_tokens_are_not_left(tokens: int, tmp_path: Path) -> None:
    team = full_team(model=engineer(), stop=Budget(tokens=tokens))
    told = failure(await run(team, tmp_path), "budget")
    assert "tokens" in told.message
    assert told.usage.prompt_tokens + told.usage.completion_tokens <= tokens


class _Dear(ScriptedModel):
    """A model whose every call costs a dollar, and says so beforehand."""

    async def price(self, asked: int, answered: int) -> float:
        assert asked > 0 < answered
        return 1.0


async def test_no_call_is_made_whose_price_is_not_left(tmp_path: Path) -> None:
    model = _Dear({"planner": ["no call is made"]})
    told = failure(await run(full_team(model=model, stop=Budget(cost=0.5)), tmp_path), "budget")
    assert "cost" in told.message
    assert not model.requests


def test_an_execution_past_the_limit_is_refused_before_it_is_made() -> None:
    ledger = Ledger(Budget(executions=3), SPENT)
    ledger.begin_execution()
    with pytest.raises(BudgetError, match="3 executions"):
        ledger.begin_execution()


def test_what_was_begun_counts_before_it_is_logged() -> None:
    ledger = Ledger(Budget(model_calls=3), SPENT)
    ledger.begin_model_call(CODER)
    with pytest.raises(BudgetError, match="3 model_calls"):
        ledger.begin_model_call(CRITIC)


@pytest.mark.parametrize(
    ("own", "told"),
    [({"model_calls": 1}, "1 coder model_calls"), ({"tokens": 600}, "600 coder tokens")],
)
def test_a_role_has_limits_of_its_own(own: dict[str, int], told: str) -> None:
    ledger = Ledger(Budget(), SPENT)
    with pytest.raises(BudgetError, match=told):
        ledger.begin_model_call(_limited(CODER, **own))
    ledger.begin_model_call(CRITIC)


LIMITS = st.builds(
    Budget,
    model_calls=st.integers(1, 6),
    tokens=st.integers(1, 5000),
    cost=st.floats(0.01, 3),
    executions=st.integers(1, 6),
)
CALLS = st.builds(call, tokens=st.integers(0, 2000), cost=st.floats(0, 1))
STEPS = st.lists(st.one_of(CALLS, st.builds(execution)), max_size=30)


@given(budget=LIMITS, steps=STEPS)
def test_no_run_exceeds_its_budget_by_more_than_its_last_call(
    budget: Budget, steps: list[ModelCall]
) -> None:
    """Whatever is asked for, in any order, and however often the run is resumed."""
    log, before = Conversation(), spent(Conversation())
    for step in steps:
        ledger = Ledger(budget, log)
        try:
            if isinstance(step, ModelCall):
                ledger.begin_model_call(CODER)
                before = spent(log)
            else:
                ledger.begin_execution()
        except BudgetError:
            continue
        log = more(log, ("coder", step, None))
    used = spent(log)
    assert used.model_calls <= budget.model_calls
    assert used.executions <= budget.executions
    assert before.prompt_tokens < budget.tokens
    assert before.cost < budget.cost


def _reviewed(budget: Budget) -> Team:
    """Return a team whose three reviewers call their models at the same time."""
    names = ("second", "third")
    others = [CRITIC.model_copy(update={"name": name}) for name in names]
    return full_team(model=engineer(), extra=others, stop=budget)


@pytest.mark.parametrize("allowed", [1, 2, 3, 4])
async def test_reviewers_who_call_at_the_same_time_stay_within_the_budget(
    allowed: int, tmp_path: Path
) -> None:
    outcome = await run(_reviewed(Budget(model_calls=allowed)), tmp_path)
    failure(outcome, "budget")
    assert len(read_log(tmp_path).of(ModelCall)) <= allowed


async def test_the_budget_that_just_suffices_is_enough(tmp_path: Path) -> None:
    outcome = await run(_reviewed(Budget(model_calls=5, executions=3)), tmp_path)
    assert isinstance(outcome, Answer), outcome
    assert (outcome.usage.model_calls, outcome.usage.executions) == (5, 3)


async def test_a_role_that_spent_its_own_budget_ends_the_run_and_is_named(tmp_path: Path) -> None:
    stubborn = engineer(
        critique=lambda _: '{"verdict": "revise", "findings": [{"to": "coder", "text": "no"}]}'
    )
    critic = _limited(CRITIC, model_calls=1).model_copy(update={"name": "second"})
    told = failure(await run(full_team(model=stubborn, extra=[critic]), tmp_path), "budget")
    assert told.message == "the budget of 1 second model_calls is spent"
    assert Counter(c.role for c in read_log(tmp_path).of(ModelCall))["second"] == 1


async def test_a_spent_budget_keeps_what_was_found_and_what_was_tried(tmp_path: Path) -> None:
    told = failure(
        await run(full_team(model=engineer(), stop=Budget(executions=1)), tmp_path), "budget"
    )
    assert [quantity.name for quantity in told.best] == ["reaction_right"]
    assert told.best[0].value == pytest.approx(1.0124e8, rel=0.01)
    assert len(told.tried) == 1
    assert told.usage.executions == 1
    assert json.loads((tmp_path / "failure.json").read_text())["reason"] == "budget"


async def test_what_was_spent_before_counts_when_a_run_is_resumed(tmp_path: Path) -> None:
    small = Budget(model_calls=2)
    failure(await run(full_team(model=engineer(), stop=small), tmp_path), "budget")
    failure(await resume(tmp_path, full_team(model=engineer(), stop=small), sync=False), "budget")
    assert len(read_log(tmp_path).of(ModelCall)) == 2


@pytest.mark.parametrize("limit", ["cost", "seconds"])
@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_a_limit_is_a_finite_number(limit: str, value: float) -> None:
    with pytest.raises(ValidationError, match="finite"):
        Budget.model_validate({limit: value})
