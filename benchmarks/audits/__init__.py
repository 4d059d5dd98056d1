"""What is promised of the checks of nightly audits, measured: how often they are wrong, and what they find."""
