"""Audits: is the model still as good, and does it still reason the same way?"""
