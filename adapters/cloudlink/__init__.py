"""CloudLink: cloud cost, tied to deploys, guarded by budgets."""
