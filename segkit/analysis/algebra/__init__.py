"""What follows from a rule's words alone, whatever the data: which conditions exclude, imply or exhaust one another."""
