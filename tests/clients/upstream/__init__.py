"""A fake upstream that speaks chat completions, Responses and Anthropic's Messages, as their own servers do."""
