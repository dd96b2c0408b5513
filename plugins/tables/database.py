import csv
import sqlite3
import threading
import time
from pathlib import Path

ENDINGS = {".csv": ",", ".tsv": "\t"}
MOST_FILES = 100
LARGEST_FILE = 64 * 1024 * 1024
SECONDS = 10


class TablesError(Exception):
    def __init__(self, message, hint):
        super().__init__(message)
        self.hint = hint


class Database:
    """The files of a folder as in-memory tables, reloaded when a file changes."""

    def __init__(self, root, delimiter=None):
        self._root = Path(root).expanduser()
        self._delimiter = delimiter
        self._lock = threading.Lock()
        self._seen = {}
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)

    def close(self):
        with self._lock:
            self._connection.close()

    def tables(self):
        with self._lock:
            self._load_changed()
            return [{"name": name, "file": path.name, "rows": self._count(name)} for name, path in self._files().items()]

    def describe(self, table):
        with self._lock:
            self._load_changed()
            self._check(table)
            columns = [{"name": row[1], "type": row[2]} for row in self._connection.execute(f"PRAGMA table_info({quote(table)})")]
            return {"table": table, "rows": self._count(table), "columns": columns, "first_rows": self._rows(table, 3)}

    def first_rows(self, table, rows):
        with self._lock:
            self._load_changed()
            self._check(table)
            return {"table": table, "rows": self._rows(table, rows)}

    def query(self, sql, max_rows):
        with self._lock:
            self._load_changed()
            try:
                names, rows = self._read(sql, max_rows + 1)
            except (sqlite3.Error, sqlite3.Warning) as error:
                raise TablesError(f"The query failed: {error}.", f"The tables are: {', '.join(self._files()) or 'none'}.") from error
        return {"columns": names, "rows": rows[:max_rows], "more": len(rows) > max_rows}

    # Statements may only read, for at most 10 s.
    def _read(self, sql, limit):
        allowed = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
        end = time.monotonic() + SECONDS
        self._connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY)
        self._connection.set_progress_handler(lambda: time.monotonic() > end, 10_000)
        try:
            cursor = self._connection.execute(sql)
            names = [column[0] for column in cursor.description or []]
            return names, [list(row) for row in cursor.fetchmany(limit)]
        finally:
            self._connection.set_authorizer(None)
            self._connection.set_progress_handler(None, 0)

    def _files(self):
        if not self._root.is_dir():
            raise TablesError(f"The folder {self._root.name} does not exist.", 'Set "root" to the folder with the files.')
        found = sorted(path for path in self._root.iterdir() if path.suffix.lower() in ENDINGS and path.is_file())
        return {path.stem: path for path in found[:MOST_FILES]}

    def _load_changed(self):
        files = self._files()
        for name in [name for name in self._seen if name not in files]:
            self._connection.execute(f"DROP TABLE IF EXISTS {quote(name)}")
            del self._seen[name]
        for name, path in files.items():
            stat = path.stat()
            mark = (path, stat.st_mtime_ns, stat.st_size)
            if self._seen.get(name) != mark:
                self._load(name, path, stat.st_size)
                self._seen[name] = mark

    def _load(self, name, path, size):
        if size > LARGEST_FILE:
            raise TablesError(f"{path.name} exceeds the limit of {LARGEST_FILE // 1024 // 1024} MB.", "Remove it from the folder, or split it.")
        delimiter = self._delimiter or ENDINGS[path.suffix.lower()]
        with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
            rows = list(csv.reader(file, delimiter=delimiter))
        header, body = (rows[0], rows[1:]) if rows else ([], [])
        columns = unique(header) or ["empty"]
        kinds = [kind_of(row[i] for row in body if i < len(row)) for i in range(len(columns))]
        fields = ", ".join(f"{quote(column)} {kind}" for column, kind in zip(columns, kinds))
        self._connection.execute(f"DROP TABLE IF EXISTS {quote(name)}")
        self._connection.execute(f"CREATE TABLE {quote(name)} ({fields})")
        places = ", ".join("?" * len(columns))
        width = len(columns)
        # Empty cells and missing cells of short rows become NULL.
        filled = ([cell if cell != "" else None for cell in (row + [""] * width)[:width]] for row in body)
        self._connection.executemany(f"INSERT INTO {quote(name)} VALUES ({places})", filled)

    def _check(self, table):
        if table not in self._seen:
            raise TablesError(f'There is no table "{table}".', f"The tables are: {', '.join(self._seen) or 'none'}.")

    def _count(self, table):
        return self._connection.execute(f"SELECT count(*) FROM {quote(table)}").fetchone()[0]

    def _rows(self, table, rows):
        cursor = self._connection.execute(f"SELECT * FROM {quote(table)} LIMIT ?", (rows,))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row)) for row in cursor]


def quote(name):
    return '"' + name.replace('"', '""') + '"'


def unique(header):
    """Makes column names unique and non-empty."""
    names = []
    for index, title in enumerate(header):
        name = title.strip() or f"column_{index + 1}"
        while name.lower() in [other.lower() for other in names]:
            name += "_"
        names.append(name)
    return names


def kind_of(cells):
    """The most specific SQL type that fits all non-empty cells of a column."""
    kind = "INTEGER"
    for cell in cells:
        if cell == "":
            continue
        if kind == "INTEGER" and not is_number(cell, int):
            kind = "REAL"
        if kind == "REAL" and not is_number(cell, float):
            return "TEXT"
    return kind


# A leading zero indicates a code, not a number.
def is_number(cell, kind):
    digits = cell.lstrip("+-")
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        return False
    try:
        kind(cell)
    except ValueError:
        return False
    return "_" not in cell and cell.strip() == cell
