"""Imports address files dropped into a COS bucket into SES recipient groups. Only this package is deployed."""
