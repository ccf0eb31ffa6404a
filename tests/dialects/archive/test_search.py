"""Search finds every kind of record by what it says, in the order that people expect, and counts truly."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.dialects.archive.records import EXPERIMENT, PROJECT, make, make_experiment, make_project, make_sample

pytestmark = pytest.mark.anyio
FILE = {"filename": "Kisumu-7_R1.fastq.gz", "file_size": 10, "checksum_md5": "0" * 32, "file_type": "FASTQ"}


async def found(api: httpx.AsyncClient, q: str, who: Any = None, **more: Any) -> list[str]:
    """The accessions that answer a question, in order; their number is the total."""
    answer = await api.get("/api/v1/search", params={"q": q, **more}, headers=who.headers if who else {})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert answer.headers["X-Total-Count"] == str(body["total"])
    accessions = [hit["accession"] for hit in body["results"]]
    if not more:
        assert body["total"] == len(accessions)
    return accessions


async def test_every_kind_is_found_by_what_it_says(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice, alias="lakes-2026")
    subject = await make(
        api, alice, "subjects", project_accession=project, organism="Capra hircus", tax_id=9925, alias="goat-1"
    )
    sample = await make_sample(
        api, alice, project, alias="K7", tissue="rumen", custom_fields={"soil depth": "30", "sampler": "Auma Odhiambo"}
    )
    experiment = await make_experiment(api, alice, sample, library_name="prep nine")
    run = await make(api, alice, "runs", experiment_accession=experiment, ena_accession="ERR123456", **FILE)
    for question, accession in {
        "highlands": project,
        "whole genomes of": project,
        "lakes-2026": project,
        "Capra": subject,
        "goat-1": subject,
        "rumen": sample,
        "odhiambo": sample,
        "Kenya Bos": sample,
        "prep nine": experiment,
        "NovaSeq 6000": experiment,
        "Kisumu-7_R1.fastq.gz": run,
        "kisumu": run,
        "ERR123456": run,
    }.items():
        assert await found(api, question) == [accession], question


async def test_an_answer_tells_type_title_and_a_snippet(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    text = f"{'Long before it all. ' * 20}The <b>okapi</b> lives here. {'And much after it. ' * 20}"
    await make(api, alice, "projects", **{**PROJECT, "title": "Forests", "description": text})
    sample = await make_sample(api, alice, project, alias="blood-1")
    body = (await api.get("/api/v1/search", params={"q": "okapi"})).json()
    assert body["query"] == "okapi"
    [hit] = body["results"]
    assert (hit["type"], hit["title"]) == ("project", "Forests")
    assert "<b>okapi</b> lives here" in hit["snippet"]
    assert len(hit["snippet"]) <= 200
    [hit] = (await api.get("/api/v1/search", params={"q": "blood-1"})).json()["results"]
    assert (hit["type"], hit["accession"], hit["title"]) == ("sample", sample, "blood-1")
    assert hit["snippet"].startswith("Bos taurus · 9913 · Kenya")


async def test_words_are_anded_phrases_hold_and_the_last_word_goes_on(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    liver = await make_sample(api, alice, project, tissue="liver of calf")
    calf = await make_sample(api, alice, project, tissue="calf of liver")
    lung = await make_sample(api, alice, project, tissue="lung")
    assert await found(api, "calf liver") == [calf, liver]
    assert await found(api, "calf lung") == []
    assert await found(api, '"liver of"') == [liver]
    assert await found(api, '"of liver" calf') == [calf]
    assert await found(api, "lun") == [lung]
    assert await found(api, '"lun"') == []
    assert await found(api, "liv calf") == []
    assert await found(api, "liv* cal") == [calf, liver]
    assert await found(api, "liver-of") == [liver]


async def test_an_accession_finds_its_record_first(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    first = await make_sample(api, alice, project, alias="first")
    others = [await make_sample(api, alice, project, alias=f"like {first} {n}") for n in range(2)]
    short = first.partition("-")[2]
    for question in (first, first.lower(), short, short.lower(), short.replace("-", ""), "SAM-1", f" {first} "):
        assert (await found(api, question))[0] == first, question
    assert await found(api, first) == [first, *others[::-1]]
    assert await found(api, f"{first} first") == [first]
    assert await found(api, "SAM-0000") == [*others[::-1], first]
    assert await found(api, first, type="run") == []
    assert await found(api, "NFDP-SAM-999999") == []
    pages = [(await found(api, first, page=page, per_page=1))[0] for page in (1, 2, 3)]
    assert pages == [first, *others[::-1]]


async def test_names_come_before_the_rest_and_newer_before_older(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    named = [await make_sample(api, alice, project, alias=f"spleen {n}") for n in range(3)]
    others = [await make_sample(api, alice, project, tissue="spleen", alias=f"t{n}") for n in range(3)]
    ordered = [*named[::-1], *others[::-1]]
    assert await found(api, "spleen") == ordered
    for size in (1, 2, 4, 5):
        pages = [await found(api, "spleen", page=page, per_page=size) for page in range(1, 7)]
        assert [accession for page in pages for accession in page] == ordered, size


async def test_pages_have_links_and_the_true_total(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice)
    for n in range(5):
        await make_sample(api, alice, project, alias=f"kidney {n}")
    answer = await api.get("/api/v1/search", params={"q": "kidney", "per_page": 2, "page": 2})
    assert answer.json()["total"] == 5
    assert len(answer.json()["results"]) == 2
    for relation, page in {"prev": 1, "first": 1, "next": 3, "last": 3}.items():
        asked = dict(httpx.URL(answer.links[relation]["url"]).params)
        assert asked == {"q": "kidney", "per_page": "2", "page": str(page)}
    beyond = await api.get("/api/v1/search", params={"q": "kidney", "per_page": 2, "page": 9})
    assert (beyond.json()["total"], beyond.json()["results"]) == (5, [])


async def test_types_narrow_the_hits_and_the_total(api: httpx.AsyncClient, alice: Any) -> None:
    project = await make_project(api, alice, alias="zebra")
    sample = await make_sample(api, alice, project, alias="zebra")
    experiment = await make(api, alice, "experiments", sample_accession=sample, **EXPERIMENT, alias="zebra")
    assert await found(api, "zebra") == [experiment, sample, project]
    for types, expected in {"sample": [sample], "sample,project": [sample, project], "run": [], "": 3}.items():
        answer = await api.get("/api/v1/search", params={"q": "zebra", "type": types})
        hits = [hit["accession"] for hit in answer.json()["results"]]
        assert answer.json()["total"] == len(hits)
        assert hits == expected or len(hits) == expected, types


async def test_what_cannot_be_asked_is_refused(api: httpx.AsyncClient) -> None:
    for params, said in (
        ({}, "q"),
        ({"q": ""}, "empty"),
        ({"q": "  "}, "empty"),
        ({"q": "x" * 201}, "200"),
        ({"q": "a " * 21}, "20 words"),
        ({"q": "a", "type": "samples"}, "project, subject, sample"),
        ({"q": "a", "per_page": 201}, "per_page"),
        ({"q": "a", "page": 101, "per_page": 100}, "10,000"),
        ({"q": "a", "sort": "x"}, "sort"),
    ):
        answer = await api.get("/api/v1/search", params=params)
        assert answer.status_code == 400, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert said in answer.json()["detail"]
    assert (await api.get("/api/v1/search", params={"q": "a", "page": 100, "per_page": 100})).status_code == 200
    assert (await api.get("/api/v1/search/", params={"q": "!?"})).json()["total"] == 0
