"""When there is too much to do: requests that are refused unread, and what clients are told about trying again."""
