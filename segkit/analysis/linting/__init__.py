"""What is odd about a rule, or about a set of them: one kind of remark a module, each a pure function."""
