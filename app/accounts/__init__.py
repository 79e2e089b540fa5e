"""Accounts: people, roles, departments, scopes, sessions, API keys.

Owns sign-in and who the caller is. Does not own what a role may do in a workflow: that is department × matter, in
the policy pack. Source: ARCHITECTURE §6; PRACTICE §2 "who may decide", §5 roles.
"""
