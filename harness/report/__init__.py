"""What a person and a machine read after a run: the verdict, its page, and the Allure report."""
