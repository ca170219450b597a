"""How the networks that ship were made, how styles are learned, and how good they are."""
