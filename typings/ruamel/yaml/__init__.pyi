"""The part of ruamel.yaml that is used here; its own annotations are comments."""

from typing import Literal

from ruamel.yaml.nodes import Node

class YAML:
    def __init__(self, *, typ: Literal["safe", "rt"] = ..., pure: bool = ...) -> None: ...
    def load(self, stream: str) -> object: ...
    def compose(self, stream: str) -> Node | None: ...
