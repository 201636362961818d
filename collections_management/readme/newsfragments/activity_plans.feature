Activity plans on cases: several activities for collector and supervisor launched at once.
