"""What others say in numbers.

known.py binding.py     everything a number may say, and what it is of by where it stands
figures.py shares.py    the numbers of a sentence, judged
sizing.py foreign.py    wrong units; numbers that agree with nothing
amounting.py multiples.py measuring.py proportions.py    amounts and sums, multiples, distances from the usual, shares
tallies.py quantifying.py    how many push which way; all, only and none
"""
