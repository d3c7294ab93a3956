"""A local stand-in for Twilio and SendGrid: their shapes, receipts and faults, and a ledger that tells the truth."""

from drip.sandbox.account import Account
from drip.sandbox.running import Sandbox, serve
from drip.sandbox.switchboard import Switchboard

__all__ = ["Account", "Sandbox", "Switchboard", "serve"]
