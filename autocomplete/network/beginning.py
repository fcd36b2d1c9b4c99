"""What a training run began with: kept beside its checkpoints to resume from."""

import dataclasses
import json
from dataclasses import dataclass
from typing import Self

from autocomplete import bundle
from autocomplete.config import NetworkSettings, TrainingSettings
from autocomplete.corpus.store import CorpusStore
from autocomplete.errors import ModelError
from autocomplete.network.plan import Plan
from autocomplete.network.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What a resumed run must know: the plan, the seconds that training may take, and what follows."""

    plan: Plan
    deadline_seconds: float | None
    shown_right: float

    def save(self, space: Workspace) -> None:
        """Keep it, atomically; from here on the run can be resumed."""
        temporary = space.plan.with_suffix(".new")
        bundle.write_file(temporary, json.dumps(dataclasses.asdict(self), indent=1) + "\n")
        temporary.replace(space.plan)

    @classmethod
    def saved(cls, space: Workspace) -> tuple[CorpusStore, Self]:
        """Return the corpus and the beginning of an unfinished run.

        Raises:
            ModelError: They cannot be read.
        """
        try:
            fields = json.loads(bundle.read_file(space.plan))
            plan = fields["plan"]
            plan["network"] = NetworkSettings.from_dict(plan["network"])
            plan["settings"] = TrainingSettings(**plan["settings"])
            begun = cls(
                plan=Plan(**plan), deadline_seconds=fields["deadline_seconds"], shown_right=fields["shown_right"]
            )
            return CorpusStore.open(space.corpus), begun
        except (FileNotFoundError, ValueError, TypeError, KeyError) as error:
            raise ModelError(
                f"{space.work}: the run cannot be resumed ({error}).", "Start over with 'autocomplete train … --force'."
            ) from error
