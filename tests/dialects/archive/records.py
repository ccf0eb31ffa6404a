"""Bodies of good records, for tests that need one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

PROJECT = {"title": "Cattle of the highlands", "description": "Whole genomes of 20 animals.", "project_type": "WGS"}
SAMPLE = {"checklist_id": "ERC000011", "organism": "Bos taurus", "tax_id": 9913, "collection_date": "2024-05-01"}
SAMPLE |= {"geographic_location": "Kenya"}
EXPERIMENT = {
    "platform": "ILLUMINA",
    "instrument_model": "Illumina NovaSeq 6000",
    "library_strategy": "WGS",
    "library_source": "GENOMIC",
    "library_layout": "PAIRED",
    "insert_size": 350,
}


async def make(api: httpx.AsyncClient, who: Any, plural: str, **body: Any) -> str:
    """POST a record and give its accession."""
    answer = await api.post(f"/api/v1/{plural}/", json=body, headers=who.headers)
    assert answer.status_code == 201, answer.text
    return answer.json()["accession"]


async def make_project(api: httpx.AsyncClient, who: Any, **more: Any) -> str:
    return await make(api, who, "projects", **PROJECT, **more)


async def make_sample(api: httpx.AsyncClient, who: Any, project: str, **more: Any) -> str:
    return await make(api, who, "samples", project_accession=project, **{**SAMPLE, **more})


async def make_experiment(api: httpx.AsyncClient, who: Any, sample: str, **more: Any) -> str:
    return await make(api, who, "experiments", sample_accession=sample, **{**EXPERIMENT, **more})
