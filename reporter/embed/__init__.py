"""Explanations in other people's documents: Sphinx and MyST, Python-Markdown, MkDocs and Zensical. No torch."""
