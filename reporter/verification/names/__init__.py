"""Names as others word them: stems, other orders, parts, abbreviations of columns, words that mean alike.

folding.py   different forms of a word made alike
columns.py   the words that a column's short ones stand for
called.py    what else a name is called
hints.py     words that others use instead of a name
loosening.py all of it put together
"""
