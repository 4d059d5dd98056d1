"""Texts of others, read clause by clause.

items.py clauses.py     a sentence as names, numbers and cues, and what belongs together
meant.py anchoring.py   names of which the words or numbers beside them tell that they are of something else
whole.py phrases.py     whole clauses of which every word is known, with spaces between words and without
directions/             what is pushed, by what, which way
places/                 ranks, orders, comparisons, high and low
numbers/                what numbers are of, sums, shares, counts, and whether they say what is known
outcomes.py presence.py listing.py    the class that is told, what is there or not, what a heading says of its list
freely.py               all of it put together, sentence by sentence
"""
