"""What is wrong in programme files: every mistake with its file, key and reason."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake; `key` is dotted from the file's top, such as `card_types.youth.age.min`."""

    file: str
    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.reason}"


class ProgrammeError(Exception):
    """One or more programme files are refused; `problems` has all mistakes, the rest is the first one's."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        assert problems, "a programme is refused only for a reason"
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
        self.file = problems[0].file
        self.key = problems[0].key
        self.reason = problems[0].reason
