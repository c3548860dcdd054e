"""Trained recognizers and the FER2013 feature table that ship with featfer."""
