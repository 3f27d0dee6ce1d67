"""Proposing which clips belong to which cases: dispatch and case data brought in, rules, scores, a person's word."""
