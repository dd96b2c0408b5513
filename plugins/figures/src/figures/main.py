"""Sorts, groups and summarizes CSV text, because models calculate unreliably."""

import csv
import io
import statistics
from typing import Literal

from pydantic import BaseModel, Field
from squadron_sdk import Squadron

app = Squadron()
app.delimiter = None

Table = Field(..., description="The table as CSV text with a header row, e.g. city,amount\\nRome,3")


class Column(BaseModel):
    name: str
    kind: Literal["number", "text"]
    filled: int
    distinct: int
    smallest: str | None = None
    largest: str | None = None
    mean: float | None = None
    total: float | None = None


class Summary(BaseModel):
    rows: int
    columns: list[Column]


@app.configure
def setup(settings: dict[str, str]) -> None:
    app.delimiter = settings.get("delimiter") or None


def read(table: str) -> tuple[list[str], list[dict[str, str]]]:
    delimiter = app.delimiter
    if delimiter is None:
        head = table.lstrip().split("\n", 1)[0]
        delimiter = max(",;\t|", key=head.count)
    reader = csv.DictReader(io.StringIO(table.strip()), delimiter=delimiter)
    rows = [{key: (value or "").strip() for key, value in row.items() if key is not None} for row in reader]
    names = list(reader.fieldnames or [])
    if not names or not rows:
        raise ValueError("the table is empty: it needs a header row and at least one row of values")
    return names, rows


def number(text: str) -> float | None:
    try:
        return float(text.replace(" ", "").replace("\u202f", ""))
    except ValueError:
        return None


def column(name: str, names: list[str]) -> str:
    if name not in names:
        raise ValueError(f"unknown column {name!r}; the columns are {', '.join(names)}")
    return name


def write(names: list[str], rows: list[dict[str, object]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n", delimiter=app.delimiter or ",")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@app.tool
def describe(table: str = Table) -> Summary:
    """Summarize CSV text: number of rows and, per column, type, filled and distinct values, minimum, maximum, mean and sum."""
    names, rows = read(table)
    columns = []
    for name in names:
        values = [row[name] for row in rows if row.get(name)]
        numbers = [n for n in map(number, values) if n is not None]
        numeric = bool(values) and len(numbers) == len(values)
        columns.append(
            Column(
                name=name,
                kind="number" if numeric else "text",
                filled=len(values),
                distinct=len(set(values)),
                smallest=min(values, key=number if numeric else str) if values else None,
                largest=max(values, key=number if numeric else str) if values else None,
                mean=statistics.fmean(numbers) if numeric else None,
                total=sum(numbers) if numeric else None,
            )
        )
    return Summary(rows=len(rows), columns=columns)


@app.tool
def sort(
    table: str = Table,
    by: str = Field(..., description="Name of the column to sort by, e.g. amount"),
    descending: bool = Field(False, description="Whether to sort from high to low; default: false"),
    limit: int = Field(0, ge=0, description="Maximum number of rows to return, e.g. 10; default: 0 (all rows)"),
) -> str:
    """Sort CSV text by one column, numerically if every value is a number. Returns CSV. Use `limit` for the first N rows."""
    names, rows = read(table)
    column(by, names)
    values = [number(row[by]) for row in rows]
    numeric = all(value is not None for value in values)
    rows.sort(key=lambda row: number(row[by]) if numeric else row[by], reverse=descending)
    return write(names, rows[:limit] if limit else rows)


@app.tool
def group(
    table: str = Table,
    by: str = Field(..., description="Name of the column to group by, e.g. city"),
    value: str = Field(..., description="Name of the column to aggregate, e.g. amount"),
    how: Literal["sum", "mean", "count", "min", "max"] = Field("sum", description="Aggregate function, e.g. mean; default: sum"),
) -> str:
    """Group CSV text by one column and aggregate another (sum, mean, count, min, max). Returns CSV with one row per group."""
    names, rows = read(table)
    column(by, names)
    column(value, names)
    groups: dict[str, list[float]] = {}
    for row in rows:
        n = number(row[value])
        if n is None and how != "count":
            raise ValueError(f"{row[value]!r} in column {value!r} is not a number")
        groups.setdefault(row[by], []).append(n or 0)
    work = {"sum": sum, "mean": statistics.fmean, "count": len, "min": min, "max": max}[how]
    return write([by, how], [{by: key, how: f"{work(numbers):.10g}"} for key, numbers in groups.items()])


def main() -> None:
    app.serve()
