# GATEWAY BODY: `--no-buffer` shows each piece of a stream when it comes; `--fail-with-body` exits with 22 for an error.
curl --silent --show-error --no-buffer --fail-with-body "$1/v1/chat/completions" \
  -H "authorization: Bearer $KEY" -H "content-type: application/json" -d "$2"
