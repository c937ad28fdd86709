"""The rule builder: a model without widgets, and a view of one widget whose files lie in `view/`."""
