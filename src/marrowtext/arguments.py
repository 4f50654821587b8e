"""Arguments that several calls share: typed in one place, and shown with each call one by one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from inspect import Parameter
from typing import Any, TypeVar, get_type_hints

__all__ = ["spell_out"]

_Call = TypeVar("_Call", bound=Callable[..., object])


def spell_out(shared: type, **defaults: object) -> Callable[[_Call], _Call]:
    """Name in the signature of a call what it takes as `**names: Unpack[shared]`, before its other keywords, for help,
    for notebooks and for the command line. Each is None by default, but for what `defaults` says.

    Type checkers see the keys of `shared`, a TypedDict, without it.
    """
    named = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=defaults.get(name), annotation=annotation)
        for name, annotation in get_type_hints(shared, include_extras=True).items()
    ]

    def spell(call: _Call) -> _Call:
        try:
            signature = inspect.signature(call, eval_str=True)
        except NameError:
            # What is imported for types alone stays words.
            signature = inspect.signature(call)
        own = [one for one in signature.parameters.values() if one.kind is not Parameter.VAR_KEYWORD]
        first = [one for one in own if one.kind is not Parameter.KEYWORD_ONLY]
        shown: Any = call
        shown.__signature__ = signature.replace(parameters=[*first, *named, *own[len(first) :]])
        return call

    return spell
