"""Who acts next: pure functions of the conversation."""

from mechagents.flow.base import Finish, Flow, subject
from mechagents.flow.dataflow import Dataflow
from mechagents.flow.group_chat import GroupChat

__all__ = ["Dataflow", "Finish", "Flow", "GroupChat", "subject"]
