"""What segments are: conditions, windows, documents, vocabulary, checks, sentences. Knows no data and no storage."""
