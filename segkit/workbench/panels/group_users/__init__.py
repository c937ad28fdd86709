"""Group users: who is in a segment or in several together, and everything that is known of one of them."""
