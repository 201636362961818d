"""`make screenshots`: every picture of the manual, taken anew from the running demo."""
