"""What is learnt of an outcome: Gaussian processes in closed form, and how outcomes are brought to them and back."""
