"""台账 ledger: postings of freed land, opening balances 期初, reversals 核减, targets 目标 and their progress.

Owns what counts, once and only once within a measure and campaign, and the arithmetic of targets. Does not own who accepts
(remediation) nor targets, measures and allocations as data (policy pack). Source: DOMAIN §1.7, §3.19, PRACTICE §3, §4 Q1–Q2.
"""

from app.ledger.openings import OpeningIssue, OpeningRow, PostedOpenings, post_openings
from app.ledger.openings_undo import reverse_openings, standing_on_openings

__all__ = ["OpeningIssue", "OpeningRow", "PostedOpenings", "post_openings", "reverse_openings", "standing_on_openings"]
