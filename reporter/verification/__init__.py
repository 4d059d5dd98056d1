"""Verification: finished prose is read, whoever wrote it, and every claim in it is held against the facts.

text ─mask names→ sentences ─wordings→ statements ─bind→ what each is of ─judge→ claims → Narrative

text/     what stands in a text: names, numbers, wordings
names/    names as others word them
judges/   one judge per kind of statement
others/   texts of others, read clause by clause
verdict.py    verify()
"""

from reporter.verification.verdict import verify

__all__ = ["verify"]
