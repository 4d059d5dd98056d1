"""One judge per kind of statement: whether the facts say the same.

judgement.py            what a judge says, and what it may look at
values.py reasons.py influence.py comparing.py outcome.py reliability.py parts.py    the judges
doubting.py             what keeps a statement of others from being called contradicted
"""
