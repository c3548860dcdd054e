"""Tables of recordings summarized: persons, events, intervals, and how two persons move together."""
