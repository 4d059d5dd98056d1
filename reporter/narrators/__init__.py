"""Narrators: each sees facts and returns text, nothing else."""
