"""How the steps of a run divide between drawn words and all of them, and how many fit a time."""

from typing import NamedTuple

from autocomplete.config import Output, TrainingSettings

# Words that a step draws, of a vocabulary of twice as many and more. The output layer then takes 21 ms of a core a step
# (1,120 rows, width 200, bfloat16), with twice as many 40, with all of 33,280 words 356.
DRAWN_WORDS = 2048
# Share of the steps that score drawn words; the rest, at the end, scores all and takes off what the estimate left.
SAMPLED_SHARE = 0.75
# Words from which on steps score drawn ones unless told otherwise. In five minutes on WikiText-2 (33,278 words, 1 x 256
# units) that came to a held-out perplexity of 172 in 1.11 passes, the exact layer to 238 in 0.55; between 10,000 words
# and that it was not tried.
MANY_WORDS = 20_000


def suited_output(vocabulary_size: int) -> Output:
    """Return what the steps of a run should score of so many words."""
    return "sampled" if vocabulary_size >= MANY_WORDS else "exact"


def drawn_words(vocabulary_size: int) -> int:
    """Return how many words a step of the sampled output layer draws."""
    return min(DRAWN_WORDS, vocabulary_size // 2)


def sampled_share(settings: TrainingSettings) -> float:
    """Return the share of a run's steps, from its first on, that score drawn words only."""
    return SAMPLED_SHARE if settings.output == "sampled" else 0.0


def scored_words(vocabulary_size: int, settings: TrainingSettings) -> int:
    """Return how many words the output layer scores for a token in training, in the mean over a run."""
    share = sampled_share(settings)
    return round(share * drawn_words(vocabulary_size) + (1.0 - share) * vocabulary_size)


class Pace(NamedTuple):
    """How a run's steps divide, and what they take.

    Attributes:
        sampled_share: Share of the steps, from the first on, that score drawn words.
        slowdown: Times as long as one of those takes a step that scores all words; 1 where there are only such.
    """

    sampled_share: float
    slowdown: float

    def sampled_steps(self, total_steps: int) -> int:
        """Return how many of a run's first steps score drawn words."""
        return int(self.sampled_share * total_steps)

    @property
    def mean(self) -> float:
        """Time of a run's steps in the mean, where one with drawn words takes 1."""
        return self.sampled_share + (1.0 - self.sampled_share) * self.slowdown

    def seconds(self, total_steps: int, *, done: int, sampled_seconds: float, extra_seconds: float) -> float:
        """Return the time of the steps that are left after `done`.

        Args:
            total_steps: Of the run.
            done: Steps already taken.
            sampled_seconds: What a step takes that scores drawn words.
            extra_seconds: What every step takes beside.
        """
        left = total_steps - done
        sampled = max(0, self.sampled_steps(total_steps) - done)
        return (sampled + (left - sampled) * self.slowdown) * sampled_seconds + left * extra_seconds

    def affordable(self, seconds: float, *, done: int, sampled_seconds: float, extra_seconds: float) -> int:
        """Return how many steps a run may have in all for those after `done` to take the time given, one at least.

        The other arguments are those of `seconds`.
        """
        light, heavy = sampled_seconds + extra_seconds, self.slowdown * sampled_seconds + extra_seconds
        total = (seconds + done * light) / (self.sampled_share * light + (1.0 - self.sampled_share) * heavy)
        if self.sampled_share * total < done:  # all that is left scores all words
            total = done + seconds / heavy
        return max(done + 1, int(total))


class Speed(NamedTuple):
    """What this machine does: training tokens a second in the mean over a run, seconds to score the held-out text."""

    tokens_per_second: float
    validation_seconds: float
    pace: Pace
