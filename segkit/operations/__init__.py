"""Roles, audit, gates, outbox, erasure: what runs around a workspace's work."""
