"""An invented clinic for whoever wants to look: what patients get in twelve weeks, and the console staff work in."""

from drip.demo.weeks import START, NotOurFolder, run_demo

__all__ = ["START", "NotOurFolder", "run_demo"]
