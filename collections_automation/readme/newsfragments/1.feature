Automation rules can act on what happens in collections, the night's run included.
