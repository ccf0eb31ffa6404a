"""What a sample must tell: the checklists as data, their schemas, and the check of a sample against one."""
