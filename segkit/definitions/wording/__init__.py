"""How rules are put into words: the patterns that can be translated, and what is filled into them."""
