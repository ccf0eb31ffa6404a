"""Moves records from state to state the way clients do, and looks what is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.dialects.archive.records import make, make_experiment, make_project, make_sample

if TYPE_CHECKING:
    import httpx

V1 = "/api/v1"
WHY = {"reason": "The labels were swapped."}
PLURALS = {"PRJ": "projects", "SBJ": "subjects", "SAM": "samples", "EXP": "experiments", "RUN": "runs"}
DESCRIBED = {"filename": "x.bam", "file_size": 10, "checksum_md5": "0" * 32, "file_type": "BAM"}


def at(accession: str) -> str:
    """The address of a record."""
    return f"{V1}/{PLURALS[accession.split('-')[1]]}/{accession}"


async def move(api: httpx.AsyncClient, who: Any, accession: str, name: str, **body: Any) -> httpx.Response:
    return await api.post(f"{at(accession)}/{name}", json=body, headers=who.headers)


async def moved(api: httpx.AsyncClient, who: Any, accession: str, name: str, **body: Any) -> dict[str, Any]:
    answer = await move(api, who, accession, name, **body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def make_family(
    api: httpx.AsyncClient, who: Any, *, sample: dict[str, Any] | None = None, **project: Any
) -> list[str]:
    """A project, subject, sample, experiment and described run, each below the one before."""
    study = await make_project(api, who, **project)
    donor = await make(api, who, "subjects", project_accession=study, organism="Bos taurus", tax_id=9913)
    own = await make_sample(api, who, study, subject_accession=donor, **(sample or {}))
    library = await make_experiment(api, who, own)
    return [study, donor, own, library, await make(api, who, "runs", experiment_accession=library, **DESCRIBED)]


async def statuses(api: httpx.AsyncClient, accessions: list[str], who: Any = None) -> list[int]:
    headers = who.headers if who is not None else {}
    return [(await api.get(at(accession), headers=headers)).status_code for accession in accessions]


async def states(api: httpx.AsyncClient, accessions: list[str], who: Any) -> list[str]:
    return [(await api.get(at(accession), headers=who.headers)).json()["state"] for accession in accessions]


async def listed(api: httpx.AsyncClient, accessions: list[str], who: Any = None) -> list[bool]:
    """Whether each is in the list of its kind."""
    headers = who.headers if who is not None else {}
    found = set()
    for plural in PLURALS.values():
        found |= {record["accession"] for record in (await api.get(f"{V1}/{plural}", headers=headers)).json()}
    return [accession in found for accession in accessions]
