"""The studies, one file per question; to add one, write its file and list it in `STUDIES`."""
