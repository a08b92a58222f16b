"""Preparing this machine: Debian packages, a Python environment, Allure.

Runs before anything is installed, so it imports the standard library and those modules of harness that need
no more.
"""
