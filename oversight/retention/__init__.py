"""How long recordings are kept: categories, rules, and what a change of rules would do. Removes nothing."""
