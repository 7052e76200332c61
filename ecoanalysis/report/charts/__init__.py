"""The charts, one file each; to add one, write its file and list it in `CHARTS`."""
