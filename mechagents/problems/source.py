"""Reads YAML 1.2 and remembers on which line everything stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from mechagents.errors import ProblemError

LARGEST_TREE = 50_000
"""Values a file may hold once its aliases are written out."""


@dataclass(frozen=True, slots=True)
class Source:
    """A YAML mapping with the tree that it was read from."""

    file: str
    data: dict[str, object]
    tree: MappingNode

    def line(self, path: Sequence[str]) -> int:
        """Return the line, from 1, of the innermost part of a dotted path that exists.

        Args:
            path: Keys from the root; items of lists by index. A key that holds dots may come
                in several pieces.
        """
        found: Node = self.tree
        line = 1
        rest = list(path)
        while rest:
            step = _child(found, rest)
            if step is None:
                break
            key, found, taken = step
            line = key.start_mark.line + 1
            rest = rest[taken:]
        return line


def parse(text: str, file: str) -> Source:
    """Return the mapping that a YAML text holds.

    Raises:
        ProblemError: If it is no YAML, says a key twice, is empty or holds something else than
            a mapping; with the file, line and column.
    """
    try:
        yaml = YAML(typ="safe", pure=True)
        tree = yaml.compose(text)
        data = None
        if tree is not None:
            _measure(tree, file)
            data = yaml.constructor.construct_document(tree)
    except MarkedYAMLError as error:
        raise _malformed(error, file) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ProblemError(error.reason, where=f"{file}:{line}") from error
    except RecursionError:
        raise ProblemError("is nested too deeply", where=file) from None
    except (YAMLError, ValueError) as error:
        raise ProblemError(f"is not YAML: {error}", where=file) from error
    if data is None:
        raise ProblemError(
            "is empty; it needs a mapping of fields such as statement: ...", where=file
        )
    if not isinstance(data, dict) or not isinstance(tree, MappingNode):
        what = "a list" if isinstance(data, list) else "a single value"
        raise ProblemError(
            f"holds {what}; a problem is a mapping of fields such as statement: ...", where=file
        )
    fields = cast("dict[object, object]", data)
    return Source(file, {str(key): value for key, value in fields.items()}, tree)


def _malformed(error: MarkedYAMLError, file: str) -> ProblemError:
    mark = error.problem_mark or error.context_mark
    where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
    if isinstance(error, DuplicateKeyError):
        # The error's own sentence repeats both values, however long they are.
        return ProblemError("the same key stands here twice", where=where)
    reason = ", ".join(part for part in (error.context, error.problem) if part)
    return ProblemError(f"is not YAML: {reason}", where=where)


def _measure(tree: Node, file: str) -> None:
    """Refuse a file whose aliases make it endless or huge."""
    sizes: dict[int, int] = {}

    def size(node: Node, above: frozenset[int]) -> int:
        if id(node) in above:
            line = node.start_mark.line + 1
            raise ProblemError("an alias stands inside what it repeats", where=f"{file}:{line}")
        if id(node) not in sizes:
            inner = above | {id(node)}
            sizes[id(node)] = 1 + sum(size(child, inner) for child in _children(node))
        return sizes[id(node)]

    if size(tree, frozenset()) > LARGEST_TREE:
        raise ProblemError(f"holds more than {LARGEST_TREE:,} values", where=file)


def _children(node: Node) -> Iterator[Node]:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, SequenceNode):
        yield from node.value


def _child(node: Node, path: Sequence[str]) -> tuple[Node, Node, int] | None:
    """Return the key, the value and how many pieces of the path name them."""
    if isinstance(node, SequenceNode):
        index = int(path[0]) if path[0].isdecimal() else len(node.value)
        return (node.value[index], node.value[index], 1) if index < len(node.value) else None
    if isinstance(node, MappingNode):
        for taken in range(len(path), 0, -1):
            name = ".".join(path[:taken])
            for key, value in node.value:
                if isinstance(key, ScalarNode) and key.value == name:
                    return key, value, taken
    return None
