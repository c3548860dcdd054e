"""Where a model will be used: what sets it apart from one for images such as those it learnt from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from featfer.classifiers.labelled import read_prior
from featfer.training.labelled import require_label_set
from featfer.training.novelty import find_shape, fit_novelty

if TYPE_CHECKING:
    from featfer.recognizer import Recognizer
    from featfer.store.table import FeatureTable


@dataclass(frozen=True)
class Use:
    """How a model is fitted to where it will be used.

    Attributes
    ----------
    prior : dict of str to float, or "uniform", optional
        The shares of the expressions there, as for `featfer.Recognizer.with_prior`; by default those of the training faces.
    novelty : bool
        Fit what tells how unlike the training faces a face is (`featfer.training.novelty`).
    grey : bool
        Read photos without colours: for training images that have none.
    """

    prior: dict[str, float] | str | None = None
    novelty: bool = False
    grey: bool = False

    def check(self, rows: FeatureTable, names: list[str]) -> None:
        """Check, before a model is trained, that it can be prepared.

        Parameters
        ----------
        rows : FeatureTable
            To train on.
        names : list of str
            The labels that the model will know.

        Raises
        ------
        ParameterError
            For a prior that does not fit these labels; for features that novelty cannot be fitted on.
        """
        if self.prior is not None:
            read_prior(self.prior, require_label_set(rows), names)
        if self.novelty:
            find_shape(rows)

    def prepare(self, recognizer: Recognizer, table: FeatureTable) -> Recognizer:
        """Return a recognizer that assumes this prior, with its novelty fitted and its colours set.

        Parameters
        ----------
        recognizer : Recognizer
            Trained on the table. It may be changed.
        table : FeatureTable

        Returns
        -------
        Recognizer

        Raises
        ------
        ParameterError, StoreError
            For shares that are none of its labels; as for `featfer.training.novelty.fit_novelty`.
        """
        prepared = recognizer if self.prior is None else recognizer.with_prior(self.prior)
        prepared.novelty, prepared.grey = fit_novelty(table) if self.novelty else None, self.grey
        return prepared
