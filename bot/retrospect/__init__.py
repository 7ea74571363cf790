"""What is known of an incident afterwards, from the store and from its evidence judged again: for postmortems and numbers."""
