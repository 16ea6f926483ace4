"""`copy_of:` - a scheme, its behaviour, a fund or a group of workers written as the difference from another one of the same scenario.

In: the tree of a scenario, merged over what it extends. Out: the same tree without `copy_of`, each copy merged by the rules of `extends`.
Called by `loader`. So a scheme is opened to another group in a few lines, and a change of the first one is a change of its copies too.
"""

from __future__ import annotations

from dataclasses import replace

from spsim.errors import InputError, KeyPath, Problem
from spsim.extends import merge
from spsim.yaml_nodes import MOST_NODES, Node

KEY = "copy_of"
SECTIONS: tuple[KeyPath, ...] = (("labour", "groups"), ("funds",), ("schemes",), ("behaviour",))
"""Where blocks stand under names of their own, so that one of them may be a copy of another."""


def with_copies(root: Node) -> Node:
    """The tree with every copy written out. Raises InputError."""
    for section in SECTIONS:
        root = _below(root, section, section)
    if root.size > MOST_NODES:
        text = f"with its copies the scenario holds more than {MOST_NODES} values"
        raise InputError([Problem(*root.place, (), text, "copy fewer blocks")])
    return root


def _below(node: Node, path: KeyPath, section: KeyPath) -> Node:
    """The node with the mapping at `path` below it written out."""
    if not path:
        return _written_out(node, section)
    child = node.child(path[0])
    if child is None or not isinstance(node.value, dict):
        return node
    return _with(node, {**node.value, str(path[0]): _below(child, path[1:], section)})


def _written_out(blocks: Node, section: KeyPath) -> Node:
    if not isinstance(blocks.value, dict) or all(one.child(KEY) is None for one in blocks.value.values()):
        return blocks
    done: dict[str, Node] = {}
    for name in blocks.value:
        _resolve(name, blocks, done, (), section)
    return _with(blocks, {name: done[name] for name in blocks.value})


def _resolve(
    name: str, blocks: Node, done: dict[str, Node], chain: tuple[str, ...], section: KeyPath
) -> Node:
    """One block over the one that it copies, which may be a copy itself."""
    if name not in done:
        block = blocks.child(name)
        assert block is not None
        named = block.child(KEY)
        done[name] = block if named is None else _over(block, named, name, blocks, done, chain, section)
    return done[name]


def _over(
    block: Node, named: Node, name: str, blocks: Node, done: dict[str, Node], chain: tuple[str, ...], section: KeyPath
) -> Node:  # fmt: skip
    assert isinstance(block.value, dict) and isinstance(blocks.value, dict)
    others = [other for other in blocks.value if other != name]
    problem = Problem(*named.place, (*section, name, KEY), "", "")
    if not isinstance(named.value, str) or named.value not in blocks.value:
        text = f"{'.'.join(map(str, section))} holds no {named.value!r} to copy"
        remedy = f"choose among {', '.join(others)}" if others else "there is nothing to copy; write it out"
        raise InputError([replace(problem, message=text, remedy=remedy)])
    if named.value in (*chain, name):
        text = "this block copies itself, directly or through others"
        raise InputError([replace(problem, message=text, remedy="break the circle")])
    source = _resolve(named.value, blocks, done, (*chain, name), section)
    own = {key: child for key, child in block.value.items() if key != KEY}
    return merge(source, replace(block, value=own))


def _with(node: Node, children: dict[str, Node]) -> Node:
    size = 1 + sum(child.size for child in children.values())
    height = 1 + max((child.height for child in children.values()), default=0)
    return replace(node, value=children, size=size, height=height)
