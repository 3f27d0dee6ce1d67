"""Each case against the list of matters that must be recorded (R7): what is there, missing, too short, broken off."""
