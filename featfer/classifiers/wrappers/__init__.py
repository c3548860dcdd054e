"""Estimators around another estimator: balanced, soft, coarse-to-fine, averaged over views, blended."""
