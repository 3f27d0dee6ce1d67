"""Photos and documents: what EXIF says, a picture of each, how many pages. Runs in the media child only."""
