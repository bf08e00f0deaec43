"""JSON with plain placeholders, `{{subject}}`: filled by values, never by text of JSON.

A template is read as JSON first; only then are placeholders replaced, inside the texts of its
values. What is put in is a text whatever it holds: it cannot end a value, add a member, or bring
a placeholder of its own. There are no expressions, no conditions and no code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_WORD = re.compile(r"\{\{([a-z_]+(?:\.[a-z_]+)?)\}\}")
_DEEPEST = 20
Texts = Mapping[str, str]


def read_template(
    text: str, *, words: frozenset[str], groups: Mapping[str, frozenset[str]]
) -> dict[str, Any]:
    """The template as a value. Raises ValueError for all that is not described here.

    `words` may stand in any text. The words of a group (`file.name`) may stand only in the single
    element of a list, which is repeated for each of the group.
    """
    try:
        made = json.loads(text, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("too deep") from error
    if not isinstance(made, dict):
        raise ValueError("no object")
    known = words.union(f"{name}.{word}" for name, each in groups.items() for word in each)
    for part in _texts(made, _DEEPEST):
        if unknown := set(_WORD.findall(part)) - known or "{{" in _WORD.sub("", part):
            raise ValueError(f"unknown: {unknown}")
    if _free(made):
        raise ValueError("outside of a list")
    return made


def words_of(template: Any) -> frozenset[str]:
    """Every placeholder of a template."""
    return frozenset(word for part in _texts(template, _DEEPEST) for word in _WORD.findall(part))


def filled(template: Any, texts: Texts, groups: Mapping[str, Sequence[Texts]]) -> Any:
    """The value with its placeholders replaced.

    A member whose value is one empty placeholder, or a list with nothing to repeat, is left out.
    """
    if isinstance(template, str):
        return _WORD.sub(lambda found: texts[found.group(1)], template)
    if isinstance(template, list):
        return _list(template, texts, groups)
    if not isinstance(template, dict):
        return template
    members = {name: filled(value, texts, groups) for name, value in template.items()}
    return {
        name: value
        for name, value in members.items()
        if value not in ("", []) or not _may_be_left_out(template[name])
    }


def _list(template: list[Any], texts: Texts, groups: Mapping[str, Sequence[Texts]]) -> list[Any]:
    group = _repeated(template)
    if not group:
        return [filled(each, texts, groups) for each in template]
    return [filled(template[0], {**texts, **each}, groups) for each in groups[group]]


def _repeated(template: list[Any]) -> str:
    """The group for whose members the single element is repeated; empty for a plain list."""
    found = _free(template[0]) if len(template) == 1 else frozenset()
    return next(iter(found)) if len(found) == 1 else ""


def _free(value: Any) -> frozenset[str]:
    """The groups that a value names outside of the lists that are repeated for them."""
    if isinstance(value, str):
        return frozenset(word.partition(".")[0] for word in _WORD.findall(value) if "." in word)
    if isinstance(value, dict):
        return frozenset[str]().union(*map(_free, value.values()))
    if not isinstance(value, list) or _repeated(value):
        return frozenset()
    return frozenset[str]().union(*map(_free, value))


def _may_be_left_out(template: Any) -> bool:
    if isinstance(template, list):
        return bool(_repeated(template))
    return isinstance(template, str) and _WORD.fullmatch(template) is not None


def _texts(value: Any, deepest: int) -> Iterator[str]:
    """Raises ValueError where it is too deep, or a name of a member has a placeholder."""
    if deepest < 0:
        raise ValueError("too deep")
    if isinstance(value, str):
        yield value
    if isinstance(value, dict):
        if any("{{" in name for name in value):
            raise ValueError("a placeholder in a name")
        for each in value.values():
            yield from _texts(each, deepest - 1)
    if isinstance(value, list):
        for each in value:
            yield from _texts(each, deepest - 1)


def _refuse(constant: str) -> None:
    raise ValueError(constant)
