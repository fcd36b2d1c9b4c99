"""The experts that a model folder holds."""

from pathlib import Path
from typing import Any

from autocomplete import bundle
from autocomplete.bundle import Manifest
from autocomplete.errors import Cure, ModelError
from autocomplete.ngrams.model import NgramModel
from autocomplete.predict.experts.cache import Cache
from autocomplete.predict.experts.copy import Copy
from autocomplete.predict.experts.mixture import Mixture, MixtureWeights
from autocomplete.predict.experts.ngrams import NgramExpert
from autocomplete.predict.experts.protocol import Expert
from autocomplete.predict.experts.recurrent import RecurrentNetwork
from autocomplete.text.vocabulary import Vocabulary


def load_mixture(folder: Path, manifest: Manifest, vocabulary: Vocabulary) -> Mixture:
    """Load the experts of a model, mixed as its manifest says.

    Raises:
        ModelError: A file is damaged, or belongs to another model.
    """
    try:
        weights = None if manifest.mixture is None else MixtureWeights.from_dict(manifest.mixture)
    except ValueError as error:
        raise _damaged(folder, str(error)) from error
    experts = _experts(folder, manifest, vocabulary, temperature=1.0 if weights is None else weights.temperature)
    if not experts:
        raise _damaged(folder, "it names neither a network nor n-grams")
    try:
        return Mixture(experts, weights)
    except ValueError as error:
        raise _damaged(folder, str(error)) from error


def _experts(folder: Path, manifest: Manifest, vocabulary: Vocabulary, *, temperature: float) -> list[Expert[Any]]:
    """The experts in the order in which they are asked."""
    experts: list[Expert[Any]] = []
    if "weights" in manifest.files:
        weights = bundle.read_weights(folder, manifest, vocabulary_size=vocabulary.size)
        assert manifest.network is not None  # else reading has failed
        experts.append(RecurrentNetwork(weights, manifest.network, temperature=temperature))
    if "ngrams" in manifest.files:
        database = NgramModel.open(
            bundle.checked_file(folder, manifest, "ngrams"),
            vocabulary_size=vocabulary.size,
            vocabulary_digest=manifest.files["vocabulary"].sha256,
        )
        experts.append(NgramExpert(database))
    # Among characters every moment resembles hundreds of others; there the experts remember enough.
    if experts and manifest.level == "word":
        experts += [Cache(vocabulary.size), Copy(vocabulary.size)]
    return experts


def _damaged(folder: Path, why: str) -> ModelError:
    return ModelError(
        f"{folder / bundle.MANIFEST}: the manifest is damaged ({why}).",
        Cure.TRAIN_AGAIN,
    )
