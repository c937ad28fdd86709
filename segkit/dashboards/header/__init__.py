"""What stands above every page: where one can go, of which app and date the numbers are, how old its data is."""
