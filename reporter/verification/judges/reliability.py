"""Judges of what is said of how the explanation was made, how far it can be trusted, and how good the model is."""

from __future__ import annotations

from reporter.verification.judges.judgement import (
    Judge,
    Judgement,
    Scope,
    contradicted,
    number,
    per_feature,
    supported,
    together,
    unverified,
    whether,
)
from reporter.verification.judges.outcome import valued
from reporter.verification.text.claims import Found
from reporter.verification.text.mentions import Named
from reporter.verification.text.numerals import Numeral


def grade(found: Found, scope: Scope) -> Judgement:
    """The grade by its word."""
    return whether(
        (found.get("level") == scope.facts.grade) != found.negated, found.get("level"), scope.facts.grade, "grade"
    )


def ruling(found: Found, scope: Scope) -> Judgement:
    """What one rule made of its score."""
    identifier = f"ruling.{found.settings['metric']}"
    fact = scope.facts.get(identifier)
    if fact is None or scope.facts.get(f"score.{found.settings['metric']}") is None:
        return unverified(f"{found.settings['metric']} was not measured")
    return whether(
        fact.value == found.settings["level"] and not found.negated, found.settings["level"], fact.text, identifier
    )


def completeness(found: Found, scope: Scope) -> Judgement:
    """How far the attributions miss the change in score, as a bound or as a number."""
    said: Numeral = found.get("percent")
    fact = scope.facts.get("score.completeness")
    if fact is None:
        return unverified("completeness was not measured")
    if said.text.strip().casefold() == fact.text.casefold():
        return supported(fact.id)
    if found.settings.get("bound"):
        error = float(fact.value)
        if said.bounds(error, strict=scope.strict):
            return supported(fact.id)
        if said.value > error:
            return unverified(f"says within {said.text}, looser than {fact.text}", fact.id)
        return contradicted(f"within {said.text}", fact.text, fact.id)
    return number(said, fact.id, scope)


def measured(found: Found, scope: Scope) -> Judgement:
    """A number of the run: `of` is the id of the fact."""
    said = next(found.get(name) for name in ("number", "count", "percent") if found.get(name) is not None)
    return number(said, str(found.settings["of"]), scope)


def method(found: Found, scope: Scope) -> Judgement:
    """The method by name; `of` says which one."""
    identifier = str(found.settings.get("of", "method"))
    fact = scope.facts.get(identifier)
    named: Named = found.get("method")
    if fact is None:
        return unverified(f"says {named.text}, which no fact decides")
    return whether(fact.value in {r.id for r in named.of("method")}, named.text, fact.text, identifier)


def stability(found: Found, scope: Scope) -> Judgement:
    """In how many repeats the strongest feature came first."""
    first, repeats = scope.facts.get("score.stability.first"), scope.facts.get("score.stability.repeats")
    if first is None or repeats is None:
        return unverified("stability was not measured")
    times, among = found.get("times"), found.get("among")
    if times is None:  # "in every one of 100 repeats"
        held = whether(first.value == repeats.value, "every one", first.text, first.id)
    else:
        held = number(times, first.id, scope)
    strongest = [f for f in scope.facts.features if f.rank == 1]

    def of(feature: object) -> Judgement:
        return whether(feature in strongest, getattr(feature, "name", ""), strongest[0].name, first.id)

    judgements = [held, number(among, repeats.id, scope)]
    if found.get("resets") == "baselines":
        judgements.append(whether("reference.rows" not in scope.facts, "baselines", "reference rows", repeats.id))
    if found.subjects:
        judgements.append(per_feature(found, scope, of))
    return together(judgements)


def firmness(found: Found, scope: Scope) -> Judgement:
    """Down to which rank the order is firm."""
    fact = scope.facts.get("score.stability.firm")
    if fact is None:
        return unverified("stability was not measured")
    depth, total = int(float(fact.value)), len(scope.facts.features)
    said: Numeral | None = found.get("count")
    if said is not None:
        return whether(said.value == depth < total, said.text, depth, fact.id)
    if found.settings.get("depth") == "all":
        return whether(depth >= total, "all", depth, fact.id)
    return whether(depth == 0, "none", depth, fact.id)


def deletion(found: Found, scope: Scope) -> Judgement:
    """After how many features the verdict turns, in this order and in random order; or only which is faster."""
    faster: bool | None = found.settings.get("faster")
    if faster is not None:
        fact = scope.facts.get("score.deletion")
        if fact is None:
            return unverified("deletion was not measured")
        return whether((float(fact.value) >= 0) == faster, "faster" if faster else "no faster", fact.text, fact.id)
    ranked = number(found.get("count"), "score.deletion.ranked", scope)
    return together([ranked, number(found.get("other"), "score.deletion.random", scope)])


def checks(found: Found, scope: Scope) -> Judgement:
    """How many of its checks the explanation passed."""
    passed, total = found.get("passed"), found.get("count")
    judgements = []
    if total is not None:
        value = total.value if isinstance(total, Numeral) else float(total)
        fact = scope.facts["checks.count"]
        judgements.append(whether(value == fact.value, int(value), fact.text, fact.id))
    fact = scope.facts["checks.passed"]
    expected = float(scope.facts["checks.count"].value) if found.settings.get("all") else None
    said = expected if expected is not None else passed.value if isinstance(passed, Numeral) else float(passed or 0)
    judgements.append(whether(said == fact.value, f"{said:.0f} passed", fact.text, fact.id))
    return together(judgements)


def unmade(found: Found, scope: Scope) -> Judgement:
    """How many checks of those that the grade asks for could not be made."""
    said, fact = found.get("count"), scope.facts["checks.unmade"]
    return whether(said.value == fact.value, f"{said.text} not made", fact.text, fact.id)


def performance(found: Found, scope: Scope) -> Judgement:
    """How often the model is right, on how many rows, and how often always naming one class would be."""
    facts = scope.facts
    if facts.explanation.performance is None:
        return unverified("no labelled rows are known")
    judgements = []
    for name, identifier in (
        ("rows_count", "performance.rows"),
        ("percent", "performance.value"),
        ("number", "performance.value"),
        ("chance", "performance.chance"),
    ):
        if found.get(name) is not None:
            judgements.append(number(found.get(name), identifier, scope))
    if found.get("error") is not None:
        judgements.append(valued(found.get("error"), "performance.error", scope))
    wanted = found.settings.get("metric")
    if wanted is not None and facts.explanation.performance.metric != wanted:
        return unverified(f"{wanted} was not measured", "performance.value")
    return together(judgements)


def no_better(_found: Found, scope: Scope) -> Judgement:
    """That the model is no better than chance."""
    measured_on = scope.facts.explanation.performance
    if measured_on is None:
        return unverified("no labelled rows are known")
    facts = tuple(i for i in ("performance.value", "performance.chance") if i in scope.facts)
    return whether(not measured_on.beats_chance, "no better than chance", scope.facts.text(facts[0]), *facts)


def causal(_found: Found | None, _scope: Scope) -> Judgement:
    """A cause in the world, of which attributions say nothing."""
    return unverified("speaks of a cause in the world; attributions speak of the model only")


JUDGES: dict[str, Judge] = {
    "grade": grade,
    "ruling": ruling,
    "completeness": completeness,
    "measured": measured,
    "method": method,
    "stability": stability,
    "firmness": firmness,
    "deletion": deletion,
    "checks": checks,
    "unmade": unmade,
    "performance": performance,
    "no_better": no_better,
    "causal": causal,
}
