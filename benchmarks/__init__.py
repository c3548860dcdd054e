"""The pages of measurements, a folder each; run from the project's root as `python -m benchmarks.PAGE.page`."""
