"""Finishes the OpenAPI document of the archive dialect: names of operations, security, examples and headers."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import Tag
from litestar.types import Method

from app.api.archive.examples.all import BODIES, PARAMETERS, PROBLEM
from app.api.archive.headers import ETAG, add_headers
from app.api.archive.lims import message_schemas

TAGS = [
    Tag("Accounts", "Accounts, sessions and tokens."),
    Tag("Organisations", "Labs, centres and companies, and who belongs to them."),
    Tag("Groups", "People who are granted access together."),
    Tag("Projects", "What is owned, shared and released together."),
    Tag("Subjects", "The individuals or donors that samples come from."),
    Tag("Samples", "What was sequenced, described by a checklist."),
    Tag("Experiments", "How a sample was sequenced."),
    Tag("Runs", "Individual data files, and their bytes on the way out."),
    Tag("Sharing", "Grants, reviewer links, and projects that are handed over."),
    Tag("Quality", "Verdicts on files, and the reports of QC tools."),
    Tag("Files", "Files on their way in."),
    Tag("Bulk submission", "Many samples with their libraries and files by one sheet."),
    Tag("Search", "Full text over all that is registered; reports of files as ENA gives them."),
    Tag("Checklists", "What a sample must say."),
    Tag("Audit", "Who did what to which record, and when."),
    Tag("Reports", "What is told over many records at once."),
    Tag("Integrations", "What other systems tell the archive."),
]
_NOUNS = {"projects", "project", "subjects", "subject", "samples", "sample", "experiments", "experiment", "runs", "run"}
_NOUNS |= {"checklists", "checklist", "one", "users", "user"}
# Reads there speak of the caller, or of who was let in, so a token is needed.
_OWN = ("/auth", "/users", "/staging", "/upload", "/organisations", "/groups", "/invitations", "/audit")
_OWN_ENDINGS = ("/grants", "/reviewer-links")
_CALLS = ("register", "login", "refresh", "logout", "forgot-password", "reset-password", "oidc/login", "oidc/callback")
_SIGNING_IN = {f"/auth/{call}" for call in _CALLS}
_TEXT = {"type": "string"}
_LIST_HEADERS = {
    "Link": {"description": "The neighbours of this page (RFC 8288).", "schema": _TEXT},
    "X-Total-Count": {"description": "How many there are, up to 10,000.", "schema": {"type": "integer"}},
    "X-Total-Count-Relation": {"description": "`gte` where there are more than that.", "schema": _TEXT},
}


def operation_id(handler: HTTPRouteHandler, method: Method, path: list[Any]) -> str:
    """A readable name: `samples_get`, `samples_bulk`, `runs_replace_file`, `auth_login`."""
    first, *others = [part.replace("-", "_") for part in path if isinstance(part, str)]
    words = [word for word in handler.handler_name.split("_") if word not in _NOUNS]
    name = "_".join([first, *(words or others[-1:])])
    return f"{name}_head" if method == "HEAD" else name


def finished(document: dict[str, Any]) -> dict[str, Any]:
    """The document as the framework made it, with all that its readers and their tools ask for."""
    document["components"]["schemas"] |= message_schemas()
    _describe(document["components"]["schemas"])
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            operation["security"] = _security(path, method)
            _add_scopes(operation, method)
            for parameter in operation.get("parameters", []):
                _exemplify_parameter(path, parameter)
            _exemplify(operation.get("requestBody", {}).get("content", {}))
            for response in operation["responses"].values():
                _exemplify(response.get("content", {}))
            _add_headers(operation["responses"])
            add_headers(path, method, operation)
    return document


def _describe(schemas: dict[str, Any]) -> None:
    """Each body's meaning, as its struct tells it."""
    for kind in BODIES:
        if kind.__name__ in schemas:
            schemas[kind.__name__].setdefault("description", inspect.getdoc(kind))


def _security(path: str, method: str) -> list[dict[str, list[str]]]:
    """What is public needs no token; a token shows more."""
    if path.startswith("/integrations"):
        return [{"lims": []}]
    if path in _SIGNING_IN:
        return [{}]
    reads = method in {"get", "head"} and not (path.startswith(_OWN) or path.endswith(_OWN_ENDINGS))
    return [{}, {"bearer": []}, {"reviewer": []}] if reads else [{"bearer": []}]


def _add_scopes(operation: dict[str, Any], method: str) -> None:
    """Every change may be refused to a token that is good for reading alone."""
    if method not in {"get", "head"} and operation["security"] == [{"bearer": []}]:
        refused = {**operation["responses"]["401"], "description": "Not for you, or not by this token."}
        operation["responses"].setdefault("403", refused)


def _exemplify_parameter(path: str, parameter: dict[str, Any]) -> None:
    found = PARAMETERS.get((path.split("/")[1], parameter["name"])) or PARAMETERS.get(("", parameter["name"]))
    if found is not None:
        text, parameter["example"] = found
        parameter.setdefault("description", text)


def _exemplify(content: dict[str, Any]) -> None:
    """The example of a body, or of a list of them."""
    for body in content.values():
        schema = body.get("schema", {})
        name, listed = _name(schema), _name(schema.get("items", {}))
        if name == "ProblemOut":
            body["example"] = PROBLEM
        elif name in _EXAMPLES:
            body["example"] = _EXAMPLES[name]
        elif listed in _EXAMPLES:
            body["example"] = [_EXAMPLES[listed]]


def _name(schema: dict[str, Any]) -> str:
    """The component that a schema refers to, itself or null."""
    choices = schema.get("oneOf") or schema.get("anyOf") or [schema]
    return next((str(choice["$ref"]).rpartition("/")[2] for choice in choices if "$ref" in choice), "")


def _add_headers(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        content = response.get("content", {}).get("application/json", {})
        listed = _name(content.get("schema", {}).get("items", {}))
        if status in {"200", "201"} and content.get("schema", {}).get("type") == "array" and listed != "RunFileOut":
            response["headers"] = _LIST_HEADERS
        if _name(content.get("schema", {})) == "SearchOut":
            response["headers"] = {name: _LIST_HEADERS[name] for name in ("Link", "X-Total-Count")}
        if status in {"200", "201"} and _name(content.get("schema", {})) in _RECORDS:
            response["headers"] = ETAG
        if status == "307":
            response["headers"] = {"Location": {"description": "The signed link.", "schema": _TEXT}}


_EXAMPLES = {kind.__name__: msgspec.to_builtins(example) for kind, example in BODIES.items()}
_RECORDS = {"ProjectOut", "SubjectOut", "SampleOut", "ExperimentOut", "RunOut"}
