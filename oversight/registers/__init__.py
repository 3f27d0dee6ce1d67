"""The registers of people and recorders: who is certified, who has which recorder, who is in charge of a station."""
