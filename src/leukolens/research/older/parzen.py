"""The probabilistic neural network of Specht 1990, which Rawat et al. 2017 use: a Parzen-window classifier.

Its "pattern layer" is one Gaussian window on each training cell, its "summation layer" the mean of the windows of a
class: that is scikit-learn's KernelDensity, one for each class, and Bayes' rule between them.
"""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.neighbors import KernelDensity


class ParzenClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn carries no types
    """Gaussian windows, one width for all as in Specht: Scott's rule, which narrows with the number of cells a class.

    The classes have equal priors, whatever their sizes.
    """

    def fit(self, X: NDArray[np.float64], y: NDArray[np.int64]) -> Self:
        """X: (N, F), of comparable scale in every column; y: (N,) labels."""
        self.classes_ = np.unique(y)
        self.n_features_in_ = X.shape[1]
        width = (len(X) / len(self.classes_)) ** (-1 / (X.shape[1] + 4))
        self.densities_: list[Any] = [KernelDensity(bandwidth=width).fit(X[y == label]) for label in self.classes_]
        return self

    def predict_proba(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, classes); in logarithms, because far from every cell all densities underflow."""
        logs = np.stack([density.score_samples(X) for density in self.densities_], axis=1)
        shares = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.int64]:
        """(N,) the likeliest label."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])
