"""Who acts next: pure functions of the conversation."""

from mechagents.flow.approvals import Approvals, approval
from mechagents.flow.base import Finish, Flow, subject
from mechagents.flow.dataflow import Dataflow
from mechagents.flow.fixed import Graph, RoundRobin
from mechagents.flow.group_chat import GroupChat

__all__ = [
    "Approvals",
    "Dataflow",
    "Finish",
    "Flow",
    "Graph",
    "GroupChat",
    "RoundRobin",
    "approval",
    "subject",
]
