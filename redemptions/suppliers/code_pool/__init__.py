"""Codes that HR bought beforehand and uploaded."""
