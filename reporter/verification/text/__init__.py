"""What stands in a text, whoever wrote it: names, numbers and wordings.

masks.py mentions.py    names first, so that nothing inside a name is read as prose
numerals.py spelled.py  numbers with the precision they are written at, in digits, words or characters
wording.py              how a language states things (templates/narrative/<language>/claims.toml), compiled
patterns.py             how a wording is written, and the regular expression it becomes
cues.py                 words that hint at a statement in texts of others (others.toml)
matching.py claims.py   what a sentence states, and of what
"""
