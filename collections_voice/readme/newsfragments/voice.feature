Automated calls to debtors by Twilio: the person says who they are before any debt is named, then promises, asks how to pay, speaks with a person or stops the calls by keypad.
