"""Verification: finished prose is read, whoever wrote it, and every claim in it is held against the facts.

text ─mask names→ sentences ─wordings→ statements ─bind→ what each is of ─judge→ claims → Narrative

masks.py mentions.py   names first, so that nothing inside a name is read as prose
loosening.py folding.py called.py    names as others word them: stems, other orders, parts of a name
numerals.py spelled.py numbers with the precision they are written at, in digits, words or characters
wording.py             how a language states things (templates/narrative/<language>/claims.toml), compiled
patterns.py            how a wording is written, and the regular expression it becomes
claims.py              what a sentence states, and of what
judgement.py           what a judge says, and what it may look at
values.py reasons.py influence.py comparing.py outcome.py reliability.py    one judge per kind of statement
doubting.py            what keeps a statement of others from being called contradicted
hints.py               words that others use instead of a name
cues.py items.py clauses.py    a sentence of others as names, numbers and cues (others.toml), and what belongs together
meant.py               names of which the words beside them tell that they are of something else
goals.py agents.py owing.py turns.py turning.py    what is pushed, by what, for which reason, in which turns of phrase
predicates.py phrases.py    turns of phrase that no spaces part, of which every word must be known
pushing.py placing.py outcomes.py    what it says of directions, of ranks and values, and of the outcome
whole.py amounting.py quantifying.py    whole clauses of places, comparisons, amounts, all and none, and their judges
listing.py             what the line above a list says of its items
known.py binding.py shares.py sizing.py figures.py    what its numbers are of, and whether they say what is known
valence.py             whether an outcome is one that people wish for
freely.py              all of it put together, sentence by sentence
verdict.py             verify()
"""

from reporter.verification.verdict import verify

__all__ = ["verify"]
