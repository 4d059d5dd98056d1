"""Choosing: which methods are tried, in which order, with which settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from reporter.errors import UnknownName
from reporter.plugins import METHODS
from reporter.question import Method, Setting

EXACT = "shapley-values"
EXACT_FEATURES = 8  # up to so many, all 2ⁿ coalitions are about as few as sampling takes
# In the order in which they are tried: by gradients, exactly where that is affordable, by sampling.
AUTO = ("integrated-gradients", EXACT, "shapley-value-sampling")


def chosen_methods(name: str, settings: Mapping[str, Setting]) -> dict[str, Method]:
    """The methods to try, in order, with the settings that are theirs.

    Raises UsageError for a setting that none of them has, UnknownName for a method there is not.
    """
    names: tuple[str, ...] = AUTO if name == "auto" else (name,)
    if name == "auto" and settings.get("n_steps") is not None:
        names = AUTO[:1]  # whoever fixes the steps wants integrated gradients, as they are at that count
    if name == "auto" and "n_samples" in settings:
        names = tuple(each for each in AUTO if each != EXACT)  # and whoever fixes the samples wants samples
    if name not in ("auto", *METHODS.names()):
        raise UnknownName("method", name, ["auto", *METHODS.names()], remedy="see `reporter methods`")
    kinds = {each: METHODS.load(each) for each in names}
    known = {each: {f.name for f in fields(kind)} for each, kind in kinds.items()}
    for setting in settings:
        if not any(setting in each for each in known.values()):
            raise UnknownName(f"setting of {name}", setting, sorted(set().union(*known.values())))
    return {
        each: kind(**{key: value for key, value in settings.items() if key in known[each]})
        for each, kind in kinds.items()
    }
