"""What do we do about it? Policies are read, compiled and decided here: no HTTP, no clock, no guardian."""

from gateway.policy.diagnostics import Diagnostic, Diagnostics
from gateway.policy.load import load, load_with_warnings
from gateway.policy.policyset import PolicySet

__all__ = ["Diagnostic", "Diagnostics", "PolicySet", "load", "load_with_warnings"]
