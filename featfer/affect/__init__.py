"""Affect: valence and arousal, learnt by regressors."""
