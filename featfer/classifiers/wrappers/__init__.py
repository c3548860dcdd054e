"""Estimators around another estimator: balance, soft labels, calibration, coarse to fine, views, blends, relabelling."""
