"""Lists that people bring: e-mails, mobiles and uids in, every row accounted for. Knows no catalog and no screen."""
