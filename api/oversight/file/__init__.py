"""The case file over HTTP: act, stages, forms, subjects, the volume catalogue and its signature."""
