"""The panel that brings lists in: a file of e-mails, mobiles or uids, what became of its rows, the rest to mend."""
