"""The rules of the three systems as data: what is due when, what is kept how long, with clause and source."""
