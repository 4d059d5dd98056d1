"""Doubts: what may turn a statement of others into one about something else, so that it is not called contradicted."""

from __future__ import annotations

import re

from reporter.verification.text.claims import HEADED, Found, Parse
from reporter.verification.text.masks import FILL
from reporter.verification.text.mentions import Named

_CLAUSES = re.compile(r"[,;:，；：]")


def borrowed(parse: Parse, found: Found) -> bool:
    """Whether the subject is taken from the sentence before although this one speaks of several: "all three"."""
    if not found.subjects or any(named in parse.topics for named in found.subjects):
        return False
    return parse.wording.one_of("several").search(parse.masked) is not None


def stranger(parse: Parse, found: Found) -> re.Match[str] | None:
    """The unread words right before a statement that stand where its subject would: "the smoothness adds"."""
    first, at = None, found.start
    for word in reversed([w for w in parse.unread_words if w.end() <= found.start]):
        if parse.masked[word.end() : at].strip():
            break
        first, at = word, word.start()
    before = parse.masked[:at].rstrip()[-1:]
    return first if before not in (")", "）") and before != FILL and before not in HEADED else None


def turning(parse: Parse, found: Found) -> re.Match[str] | None:
    """An unread word in the clause of a statement that may turn it into another: "only", "half of", "without"."""
    first = min((n.start for n in found.subjects if n in parse.topics), default=found.start)
    start = max((m.end() for m in _CLAUSES.finditer(parse.masked, 0, min(first, found.start))), default=0)
    behind = _CLAUSES.search(parse.masked, found.end)
    end = behind.start() if behind is not None else len(parse.masked)
    turns, endings = parse.wording.one_of("turning"), tuple(parse.wording.data["words"].get("turning_endings", ()))
    return next(
        (
            w
            for w in parse.unread_words
            if start <= w.start() < end and (turns.fullmatch(w[0]) or w[0].endswith(endings))
        ),
        None,
    )


def of_baseline(parse: Parse, found: Found) -> bool:
    """Whether a statement that names no baseline stands beside one that it may be of."""
    if str(found.get("of") or "").startswith("baseline"):
        return False
    beside = any(
        n.of("baseline") and n.start not in {m.start for m in found.slots.values() if isinstance(m, Named)}
        for n in parse.named
    )
    return beside and parse.wording.one_of("comparing").search(parse.masked) is None
