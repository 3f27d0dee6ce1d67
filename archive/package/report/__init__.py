"""The report inside a package: one set of facts, shown as HTML and as PDF, Chinese and English side by side."""
