"""What every view shares: colours, elements, tables, and how a view is put together from files."""
