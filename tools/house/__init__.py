"""The house: everything that brings up a working Odoo from a bare machine.

Modules imported by the `setup` command before the virtual environment exists
use the standard library only.
"""
