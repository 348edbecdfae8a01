"""What using this package costs: every claim is a ratio, measured side by side in one run. See README.md."""
