"""Evaluation: 亩均效益 scores and grades, 碳效 grades.

Owns re-computation for what-if and for counties without a published list; published grades belong to enterprises.
Nothing is computed here yet: the spine uses grades as published. Source: DOMAIN §4.5, §4.7.
"""
