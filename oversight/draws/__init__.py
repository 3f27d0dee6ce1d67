"""Case review (案卷评查): closed cases drawn at random so that anybody can draw them again, and the scores given."""
