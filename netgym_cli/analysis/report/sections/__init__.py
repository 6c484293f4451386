"""The sections of a report, a file each: `PLACE` says where on the page, and `section(material)` makes it.

A section that has nothing to say is None. Adding one means adding a file.
"""
