"""Why a point was chosen, and what the model believes of the campaign."""
