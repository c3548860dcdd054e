"""Reports: Markdown pages and plots of models and of data sets."""
