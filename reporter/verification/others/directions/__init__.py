"""What others say of directions: who pushes what which way.

goals.py valence.py     what is pushed; whether it is what people wish for
agents.py owing.py      what pushes; what is given as a reason
turns.py turning.py     turns of phrase where words are set apart
predicates.py           those where they are not
framing.py flattened.py what a frame around a clause says of its side
pushing.py              all pushes of a sentence
"""
