"""Measures the archive API: one sample, pages at both ends of 10,000 samples, and new samples at 1 and 16 clients.

Beside them a trivial handler of the same server (`GET /health`), since ratios measured in one run are what can be
compared. `SEQARK_DATABASE_URL` names a PostgreSQL; without it the embedded SQLite is measured.
"""

from __future__ import annotations

import argparse
import json
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any

from loading import Rate, Served, get, measure, post, served
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLE = {"checklist_id": "ERC000011", "organism": "Bos taurus", "tax_id": 9913, "collection_date": "2024-05-01"}
SAMPLE |= {"geographic_location": "Kenya", "breed": "Boran", "tissue": "blood", "custom_fields": {"altitude": "1200"}}
PROJECT = {"title": "Benchmark", "description": "Many samples.", "project_type": "WGS"}
V1 = "/api/v1"


def main() -> None:
    """Run the benchmark and print its table; exit 1 where a promise about concurrent POSTs is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=10_000, help="how many samples there are")
    parser.add_argument("--requests", type=int, default=2_000, help="how many reads each measurement takes")
    options = parser.parse_args()
    with served() as server:
        project = server.call("POST", f"{V1}/projects", PROJECT)["accession"]
        _fill(server, project, options.samples)
        rows = _reads(server, options.samples, options.requests)
        rows |= _writes(server, project)
    _print(rows)


def _fill(server: Served, project: str, count: int) -> None:
    """Register samples by bulk sheets."""
    fields = {"checklist_id": "ERC000011", "project_accession": project}
    columns = ["sample_alias", "organism", "tax_id", "collection_date", "geographic_location", "breed", "tissue"]
    for start in range(0, count, 5_000):
        names = range(start, min(start + 5_000, count))
        lines = ["\t".join([f"s{n}", "Bos taurus", "9913", "2024-05-01", "Kenya", "Boran", "blood"]) for n in names]
        sheet = "\n".join(["\t".join(columns), *lines])
        request = form(f"{V1}/samples/bulk", sheet, fields, server.token)
        answer = measure(server, lambda _, r=request: r, count=1, keep=True)
        assert answer.statuses == {200: 1}, answer.bodies[0][:500]


def form(path: str, sheet: str, fields: dict[str, str], token: str) -> bytes:
    """A multipart POST of a sheet as bytes."""
    parts = [f'--x\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    parts.append('--x\r\nContent-Disposition: form-data; name="file"; filename="s.tsv"\r\n\r\n')
    data = ("".join(parts) + sheet + "\r\n--x--\r\n").encode()
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
    kind = "Content-Type: multipart/form-data; boundary=x\r\n"
    return f"{head}{kind}Content-Length: {len(data)}\r\n\r\n".encode() + data


def _reads(server: Served, samples: int, count: int) -> dict[str, Rate]:
    deep = _deep_link(samples)
    wanted: dict[str, Callable[[int], bytes]] = {
        "trivial handler": lambda _: get("/health"),
        "GET one sample": lambda n: get(f"{V1}/samples/NFDP-SAM-{n * 37 % samples + 1:06d}"),
        "GET a page of 20, first": lambda _: get(f"{V1}/samples?per_page=20"),
        "GET a page of 20, by cursor": lambda _: get(f"{V1}/samples?per_page=20&cursor="),
        "GET a page of 20, deep by cursor": lambda _: get(deep),
    }
    rows = {}
    for name, request in wanted.items():
        measure(server, request, count=100)
        rows[name] = measure(server, request, count=count if "page" not in name else count // 2)
        assert set(rows[name].statuses) == {200}, (name, rows[name].statuses)
    return rows


def _deep_link(samples: int) -> str:
    """The cursor that lies behind nearly all samples, as a client finds it by walking."""
    cursor = urlsafe_b64encode(f"b{samples // 50}".encode()).decode().rstrip("=")
    return f"{V1}/samples?per_page=20&cursor={cursor}"


def _writes(server: Served, project: str) -> dict[str, Rate]:
    """New samples, one client and sixteen: no error, no number twice, no gap."""
    rows = {}
    body: dict[str, Any] = {"project_accession": project, **SAMPLE}
    for clients, count in ((1, 300), (16, 800)):
        made = measure(
            server, lambda _: post(f"{V1}/samples", body, server.token), count=count, clients=clients, keep=True
        )
        assert made.statuses == {201: count}, made.statuses
        serials = sorted(int(json.loads(b)["accession"].rsplit("-", 1)[1]) for b in made.bodies)
        assert serials == list(range(serials[0], serials[0] + count)), "numbers are doubled or missing"
        rows[f"POST sample, {clients} client{'s' * (clients > 1)}"] = made
    return rows


def _print(rows: dict[str, Rate]) -> None:
    table = Table("request", "requests/s", "server CPU ms", "of the trivial handler's rate")
    trivial = rows["trivial handler"].rate
    for name, row in rows.items():
        table.add_row(name, f"{row.rate:,.0f}", f"{row.cpu_ms:.2f}", f"1/{trivial / row.rate:.1f}")
    Console(width=110).print(table)
    single, page = rows["GET one sample"], rows["GET a page of 20, first"]
    first, deep = rows["GET a page of 20, by cursor"], rows["GET a page of 20, deep by cursor"]
    print(f"one sample: 1/{trivial / single.rate:.1f} of the trivial handler's rate (aim: at least 1/8)")
    print(f"a page costs {single.rate / page.rate:.2f} times a single (aim: at most 2)")
    print(f"a deep page costs {first.rate / deep.rate:.2f} times the first by cursor (aim: at most 1.2)")
    new = rows["POST sample, 1 client"].cpu_ms
    print(f"a new sample costs {new / single.cpu_ms:.1f} times a single's server CPU, {new:.1f} ms (aim: at most 7)")
    print("concurrent POSTs: no error, no number twice, no gap")


if __name__ == "__main__":
    main()
