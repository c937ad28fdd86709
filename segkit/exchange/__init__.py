"""What comes in and goes out: exports as zips of CSV or XLSX with a manifest. Knows no catalog and no screen."""
