"""What was found out about a component."""

from __future__ import annotations

from dataclasses import dataclass, field

from rnnlab.testing import Outcome


@dataclass(frozen=True)
class Ability:
    """One thing that a cell can do or cannot.

    Args:
        name: ``scan``, ``compile``, ….
        able: Whether it can; None where that could not be found out.
        reason: Why not, or a word on how.
    """

    name: str
    able: bool | None
    reason: str = ""


@dataclass(frozen=True)
class Sizes:
    """How large a cell is.

    Args:
        input_size: F.
        output_size: H.
        parameters: How many numbers are learnt.
        parameter_bytes: What they take.
        state: Elements of the state of one row.
        state_bytes: What they take.
    """

    input_size: int
    output_size: int
    parameters: int
    parameter_bytes: int
    state: int
    state_bytes: int


@dataclass(frozen=True)
class Speed:
    """How long forward and backward take, beside ``nn.LSTM`` of the same sizes.

    Args:
        engine: What ran the cell.
        milliseconds: Median.
        lstm_milliseconds: Median of ``nn.LSTM``, measured in turn with the cell.
        shape: B, T, F, H and threads, in words.
    """

    engine: str
    milliseconds: float
    lstm_milliseconds: float
    shape: str

    @property
    def ratio(self) -> float:
        """Times ``nn.LSTM``'s time: below 1 is faster."""
        return self.milliseconds / self.lstm_milliseconds


@dataclass(frozen=True)
class Card:
    """What a cell supports, its sizes, and its speed.

    Args:
        abilities: In the order of printing.
        sizes: Those of the cell whose speed was measured; None where it has none to tell.
        speeds: One for each engine that was measured; empty where none was.
        trouble: Why sizes or speeds are missing though they were asked for.
    """

    abilities: list[Ability]
    sizes: Sizes | None = None
    speeds: list[Speed] = field(default_factory=list)
    trouble: str = ""


@dataclass(frozen=True)
class Report:
    """What was found out about one component.

    Args:
        component: ``cell/mgu``.
        origin: Distribution, version and class.
        arguments: What the contract was run with.
        outcomes: What became of each rule.
        card: For cells.
    """

    component: str
    origin: str
    arguments: dict[str, object]
    outcomes: list[Outcome]
    card: Card | None = None

    @property
    def passed(self) -> bool:
        """Whether no rule failed."""
        return all(outcome.verdict != "failed" for outcome in self.outcomes)
