"""Legal review over HTTP: the work list, and the sheet of a case beside its documents and clips."""
