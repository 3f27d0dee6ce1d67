"""The registers of people and recorders over HTTP: certificates, hand-overs, checks before duty, who is in charge."""
