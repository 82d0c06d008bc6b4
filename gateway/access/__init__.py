"""Who may ask, and how much: keys of the gateway's own, the tenants that they belong to, and the tenants' limits.

It reads headers and one file; bodies it never sees. `gateway.entrance` is where a request meets it.
"""
