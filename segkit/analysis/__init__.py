"""What memberships say of one another: pure functions over sets of users and verdicts; nothing here reads or writes."""
