"""Creates, reads, changes and lists the five kinds of records."""

from __future__ import annotations

from types import GenericAlias
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from seqark_client.answers import Experiment, Project, Record, Run, Sample, Subject
from seqark_client.session import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from seqark_client.session import Session

R = TypeVar("R", bound=Record)


class Collection(Generic[R]):
    """All records of one kind."""

    def __init__(self, session: Session, path: str, kind: type[R]) -> None:
        self._session = session
        self._path = path
        self._kind = kind
        self._many = cast("type[list[R]]", GenericAlias(list, (kind,)))

    def create(self, fields: Mapping[str, Any], *, idempotency_key: str | None = None) -> R:
        """Register one record; with a key, sending it twice makes one."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return self._session.call("POST", self._path, answer=self._kind, json=dict(fields), headers=headers)

    def get(self, accession: str) -> R:
        """Read one record."""
        return self._session.call("GET", f"{self._path}/{accession}", answer=self._kind)

    def change(self, accession: str, fields: Mapping[str, Any]) -> R:
        """Change the fields that are given."""
        return self._session.call("PATCH", f"{self._path}/{accession}", answer=self._kind, json=dict(fields))

    def page(self, number: int = 1, *, per_page: int = 20, **filters: str | int) -> list[R]:
        """Give one page, newest first."""
        params = {"page": number, "per_page": per_page, **filters}
        return self._session.call("GET", self._path, answer=self._many, params=params)

    def each(self, *, per_page: int = 200, **filters: str | int) -> Iterator[R]:
        """Give every record, page after page, as the `Link` header names them."""
        response = self._session.send("GET", self._path, params={"per_page": per_page, **filters})
        while True:
            yield from decoded(response, self._many)
            following = response.links.get("next")
            if following is None:
                return
            target = response.request.url.join(following["url"])
            response = self._session.send("GET", target.raw_path.decode("ascii"))


class Records:
    """The collections of an archive."""

    def __init__(self, session: Session) -> None:
        self.projects = Collection(session, "/projects", Project)
        self.subjects = Collection(session, "/subjects", Subject)
        self.samples = Collection(session, "/samples", Sample)
        self.experiments = Collection(session, "/experiments", Experiment)
        self.runs = Collection(session, "/runs", Run)
