"""What code does: facts about JavaScript, TypeScript and Python, read from their syntax trees."""
