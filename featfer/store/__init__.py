"""Feature stores: what was extracted, kept on disk, and the tables read from it."""
