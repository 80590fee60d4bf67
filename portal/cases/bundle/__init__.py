"""The package a person takes home: a ZIP that opens without the portal, says what the law asks, and holds every value exactly."""
