"""Overview: a model over a whole data set: how good it is, what it is fed, what it says, what drives it. No torch.

It is what an audit keeps of a study and a night, and the only place that says what drives a model overall: the mean
absolute attribution per feature with its interval, direction and noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from reporter.feature import Kind
from reporter.prediction import Task
from reporter.storing import Stored, refuse_unstorable
from reporter.words import Words

VERSION = 1


@dataclass(frozen=True)
class Histogram:
    """How often values fell between edges: one count more than there are edges; a value equal to an edge lies below."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True)
class Summary:
    """The values of one column, or what the model said, over all rows.

    Numbers have a histogram, categories the counts of their values (the most frequent ones; the rest under "").
    """

    id: str
    kind: Kind = "numeric"
    rows: int = 0
    missing: int = 0
    mean: float | None = None  # of the rows that are not missing
    std: float | None = None
    low: float | None = None
    high: float | None = None
    histogram: Histogram | None = None
    values: dict[str, int] = field(default_factory=dict)
    unit: str = ""
    decimals: int | None = None
    words: dict[str, Words] = field(default_factory=dict)

    @property
    def distinct(self) -> bool:
        """Whether there is more than one value."""
        return len(self.values) > 1 if self.kind == "category" else self.low != self.high


@dataclass(frozen=True)
class Quality:
    """How well the model does on rows with labels.

    `loss` is the mean over rows of what is lost in each: 1 for a wrong class and 0 for the right one, or the absolute
    error of a value, in its unit. `spread` is the standard deviation of the same over the rows.
    """

    task: Task
    rows: int
    loss: float
    spread: float
    r2: float | None = None  # of values
    majority: float | None = None  # share of the most frequent class

    @property
    def accuracy(self) -> float | None:
        """Share of right classes; None for values."""
        return 1.0 - self.loss if self.task == "classification" else None


@dataclass(frozen=True)
class Slice:
    """Quality on the rows where a column has a value, or lies in a range of its values."""

    column: str
    value: str  # the category, or "low–high" as it is written
    quality: Quality
    bounds: tuple[float | None, float | None] | None = None  # of a range: above the first, up to the second
    words: dict[str, Words] = field(default_factory=dict)  # of the column

    @property
    def id(self) -> str:
        return f"{self.column}={self.value}"


@dataclass(frozen=True)
class Confidence:
    """Rows for whose predicted class the model gave a probability within one bin (fractions, 0 to 1)."""

    rows: int
    stated: float  # mean probability of the predicted class
    right: float  # share that was right
    variance: float  # mean of p (1 − p): the variance of `right` to expect of one row if the probabilities hold


@dataclass(frozen=True)
class Driver:
    """How much one feature drives the model over the rows that were attributed.

    `share` is Σ |attribution| of the feature over Σ |attribution| of all; `error` its standard error over the rows.
    `mean` is the mean attribution, above 0 towards the class that is named, or up; `along` the correlation of the
    attribution with the value: above 0 when higher values push that way.
    """

    id: str
    share: float
    error: float
    rank: int
    mean: float = 0.0
    mean_error: float = 0.0
    along: float | None = None  # None for categories, and where either does not vary
    noise: float | None = None  # half the width of the middle 95% of the share over other baselines and seeds
    protected: bool = False
    group: str = ""
    words: dict[str, Words] = field(default_factory=dict)

    @property
    def interval(self) -> tuple[float, float]:
        """The share within 95%, from the rows and from the noise of the explanations together."""
        half = ((1.96 * self.error) ** 2 + (self.noise or 0.0) ** 2) ** 0.5
        return max(0.0, self.share - half), min(1.0, self.share + half)


@dataclass(frozen=True)
class Reliability:
    """The grades of the instances that were explained, the mean of each of their scores, and how these spread."""

    solid: int = 0
    indicative: int = 0
    unreliable: int = 0
    scores: dict[str, float] = field(default_factory=dict)
    spreads: dict[str, float] = field(default_factory=dict)  # standard deviation of the same over the instances

    @property
    def instances(self) -> int:
        return self.solid + self.indicative + self.unreliable


@dataclass(frozen=True)
class Told:
    """What the report of one instance says: its outcome, its main reasons, and the sentences of both."""

    instance: str
    outcome: str  # class, or the value as it is told
    grade: str
    reasons: tuple[tuple[str, bool], ...] = ()  # feature id, whether it pushes towards the outcome; strongest first
    text: dict[str, str] = field(default_factory=dict)  # language → outcome and main reasons, as told
    score: float = 0.0
    probability: float | None = None
    words: dict[str, dict[str, Words]] = field(default_factory=dict)  # feature or class id → language → words
    watched: bool = False  # the same instance every night, of the study's own data
    surprise: float = 0.0  # how much attention it deserves among those explained tonight
    right: bool | None = None  # None where nothing is on record
    report: str = ""  # its page, relative to the folder of the night


@dataclass(frozen=True)
class Cost:
    """What the run took."""

    seconds: float = 0.0  # of work in all items
    rows: int = 0
    attributed: int = 0
    peak_bytes: int | None = None  # of the largest worker
    report_bytes: int = 0


@dataclass(frozen=True)
class Overview(Stored):
    """A model over a data set on one night."""

    study: str
    slot: str  # ISO 8601, UTC
    title: str = ""
    modality: str = "tabular"
    data: str = ""  # as the audit file names it, filled in
    data_hash: str = ""
    model: str = ""
    model_hash: str = ""  # sha256 of the model's files
    weight_hash: str = ""
    towards: str = ""  # class that attributions point to; empty: each row's predicted class; the value's id
    rows: int = 0
    invalid: int = 0  # rows that could not be read
    failed: tuple[str, ...] = ()  # keys of items that failed
    columns: tuple[Summary, ...] = ()
    absent: tuple[str, ...] = ()  # columns that should be there and are not
    said: Summary | None = None  # the value, or the probability of `towards` or of the predicted class
    classes: dict[str, int] = field(default_factory=dict)  # predicted class → rows
    quality: Quality | None = None
    confidence: tuple[Confidence, ...] = ()
    slices: tuple[Slice, ...] = ()
    drivers: tuple[Driver, ...] = ()  # by rank
    attributed: int = 0  # rows the drivers rest on
    method: str = ""
    reliability: Reliability = Reliability()
    told: tuple[Told, ...] = ()
    cost: Cost = Cost()
    class_words: dict[str, dict[str, Words]] = field(default_factory=dict)
    version: int = VERSION

    def __post_init__(self) -> None:
        refuse_unstorable(self, "overview")

    @cached_property
    def by_driver(self) -> Mapping[str, Driver]:
        return {driver.id: driver for driver in self.drivers}

    @cached_property
    def by_column(self) -> Mapping[str, Summary]:
        return {column.id: column for column in self.columns}
