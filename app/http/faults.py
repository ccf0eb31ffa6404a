"""Tells what the framework found wrong with a request by the names that its sender knows, and what would be right."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import inspect

from accession.issues import Issue

if TYPE_CHECKING:
    from litestar import Request
    from litestar.exceptions import ValidationException

_OF_A_FIELD = re.compile(r"Object (?P<fault>contains unknown|missing required) field `(?P<name>.*)`", re.DOTALL)
_TOLD = {"contains unknown": "there is no field of this name here.", "missing required": "it is required."}
_NO_CHOICE = "Invalid enum value "
_BODY = "data"


def faults_of(error: ValidationException, request: Request[Any, Any, Any] | None) -> list[Issue]:
    """The framework's list of faults as issues."""
    items = error.extra if isinstance(error.extra, list) else []
    return [_fault(item if isinstance(item, dict) else {"message": item}, request) for item in items]


def _fault(item: dict[str, Any], request: Request[Any, Any, Any] | None) -> Issue:
    message, key = str(item.get("message", "")), str(item.get("key", ""))
    if message == f"'{_BODY}'":
        return Issue("malformed", "a body is required.", field=key or None)
    if found := _OF_A_FIELD.fullmatch(message):
        name = found["name"] if key in {"", _BODY} else f"{key}.{found['name']}"
        return Issue("malformed", _TOLD[found["fault"]], field=name)
    name, kind = _asked_for(request, key)
    if message.startswith(_NO_CHOICE) and (choices := _choices(kind)):
        message = f"{message.removeprefix(_NO_CHOICE)} is none of {', '.join(choices)}."
    return Issue("malformed", message, field=name or None)


def _asked_for(request: Request[Any, Any, Any] | None, key: str) -> tuple[str, inspect.Type | None]:
    """What a sender calls a parameter of the handler, or a field of its body, and what it may be."""
    parameters = request.route_handler.parsed_fn_signature.parameters if request is not None else {}
    if (parameter := parameters.get(key)) is not None and key != _BODY:
        return getattr(parameter.kwarg_definition, "name", None) or key, _type_of(parameter.annotation)
    if (body := parameters.get(_BODY)) is not None and isinstance(
        told := _type_of(body.annotation), inspect.StructType
    ):
        return key, next((field.type for field in told.fields if field.encode_name == key), None)
    return key, None


def _type_of(annotation: Any) -> inspect.Type | None:
    try:
        return inspect.type_info(annotation)
    except (TypeError, msgspec.ValidationError):
        return None  # of the framework's own


def _choices(kind: inspect.Type | None) -> list[str]:
    match kind:
        case inspect.EnumType():
            return [str(member.value) for member in kind.cls]
        case inspect.LiteralType():
            return [str(value) for value in kind.values]
        case inspect.UnionType():
            return [choice for one in kind.types for choice in _choices(one)]
        case inspect.Metadata():
            return _choices(kind.type)
    return []
