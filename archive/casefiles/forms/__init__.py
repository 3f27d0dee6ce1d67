"""Standard forms (执法文书) as data: what is on them, what of it the case file knows, who signs."""
