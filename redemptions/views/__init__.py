"""The pages of spending: finding a reward, redeeming it, and what one has."""
