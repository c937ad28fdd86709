"""What the doctor looks at in one app's data, a file for each concern. Nothing here changes anything."""
