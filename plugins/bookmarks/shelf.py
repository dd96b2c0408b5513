"""Bookmarks in one JSON file."""

import json
import os
from pathlib import Path
from tempfile import NamedTemporaryFile


class Shelf:
    def __init__(self, file):
        self._file = Path(file).expanduser()

    def all(self):
        """All bookmarks, newest first."""
        try:
            return json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []

    def find(self, words, tag=None):
        """Bookmarks whose title, URL or tags contain all words."""
        wanted = [word.lower() for word in words.split()]

        def fits(mark):
            text = " ".join([mark["title"], mark["url"], *mark["tags"]]).lower()
            return all(word in text for word in wanted) and (tag is None or tag in mark["tags"])

        return [mark for mark in self.all() if fits(mark)]

    def add(self, url, title, tags):
        """Saves a bookmark at the front. A known URL gets the new title and tags. Returns the number of bookmarks."""
        rest = [mark for mark in self.all() if mark["url"] != url]
        self._save([{"url": url, "title": title or url, "tags": sorted(set(tags))}, *rest])
        return len(rest) + 1

    def remove(self, url):
        """Deletes a bookmark. Returns whether it existed."""
        before = self.all()
        after = [mark for mark in before if mark["url"] != url]
        if len(after) < len(before):
            self._save(after)
        return len(after) < len(before)

    # Atomic: the file is never partly written.
    def _save(self, marks):
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", encoding="utf-8", dir=self._file.parent, delete=False) as part:
            json.dump(marks, part, ensure_ascii=False, indent=2)
        os.replace(part.name, self._file)
