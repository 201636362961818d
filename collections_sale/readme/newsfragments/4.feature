Sales orders of debtors on credit hold are warned about or blocked, released by another person.
