"""Files of people's own, read by a child process with limits into an Arrow file of text cells."""
