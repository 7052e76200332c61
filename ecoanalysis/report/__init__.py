"""One model of sections and blocks, three writers: HTML, PDF, LaTeX."""
