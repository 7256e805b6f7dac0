"""Programs that measure what the documents tell."""
