"""What can be done to a number: pure rules over its state and the catalogue, priced, named and reversible."""
