"""Pictures of findings, as SVG without a network, each with its table behind it. They hold no user's data."""
