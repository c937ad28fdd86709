"""The panel of nights: what each did, what gates hold, and the button that lets it through."""
