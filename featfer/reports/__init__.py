"""Reports: Markdown pages and plots of models and data sets."""
