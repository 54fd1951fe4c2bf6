"""The six phases of a scan: each takes what is known of a package and answers with findings."""
