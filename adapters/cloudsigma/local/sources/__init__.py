"""Where threat reports come from: fetched pages, their text, and the record of a CVE."""
