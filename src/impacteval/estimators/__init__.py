"""The estimators that come with impacteval; each is found through the plugin door."""
