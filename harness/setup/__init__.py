"""Preparing this machine: Debian packages, a Python environment, Allure.

Runs before anything is installed, so it imports the standard library, harness.errors and harness.console
only.
"""
