"""What others say of places: ranks and orders, comparisons, what weighs much or hardly, high and low values."""
