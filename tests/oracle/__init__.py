"""An independent oracle of what a rule means: plain Python over source rows. Nothing but its last test knows segkit."""
