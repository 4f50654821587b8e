"""Review: the findings of a run shown against their reports, corrected by a reader, and brought back as gold."""
