"""Files that are whole or not there at all, locks that die with their holder, safe names. Knows no segments."""
