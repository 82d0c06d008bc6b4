"""`POST /v1/responses`: OpenAI's Responses, plain and streamed."""
