"""How an app's segments stand: how many users there are, what moved most, what is stale, how last night went."""
