"""Workday: custom reports delivered by EIB or as a web service, XML or JSON."""
