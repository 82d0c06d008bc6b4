"""An evaluation as pictures, by matplotlib (extra `plots`): each module draws one kind."""
